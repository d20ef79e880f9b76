// The `slipway` command: joins the terminal, the kubeconfig and the verbs.
import { text } from 'node:stream/consumers'
import { chooseKubeconfig } from './kubeconfig.ts'
import { run } from './program.ts'
import { choosePrometheus } from './prometheus.ts'

const { stdout, stderr } = process
// A reader that has seen enough (`slipway releases | head -1`) is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await run(process.argv.slice(2), {
  screen: {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    tty: stdout.isTTY === true,
    colour: stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    columns: () => stdout.columns || 80,
  },
  cwd: process.cwd(),
  now: Date.now,
  connect: async (choice, namespace) => {
    const chosen = chooseKubeconfig(choice)
    // Loaded late: the client takes longer to load than most verbs to answer.
    const { connect } = await import('./kubernetes.ts')
    return connect(chosen, namespace)
  },
  direct: async (choice) => {
    const [{ load }, { kubernetes }, { kinds }, { gatewayApiTraffic }] = await Promise.all([
      import('./kubernetes.ts'),
      import('../platform/kubernetes.ts'),
      import('../platform/kinds.ts'),
      import('../platform/traffic/gateway-api.ts'),
    ])
    const kube = kubernetes({ config: load(chooseKubeconfig(choice)) })
    return {
      traffic: gatewayApiTraffic({ kube, served: async () => undefined }),
      endpoints: ({ namespace }, revision) =>
        kube.list(kinds.EndpointSlice, namespace, { labels: { 'kubernetes.io/service-name': revision } }),
    }
  },
  survey: async (choice, named) => {
    const prometheus = choosePrometheus(named, choice)
    const [
      { load },
      { kubernetes },
      { readOnly },
      { kubernetesDeploy },
      { presentConfig },
      { gatewayApiTraffic },
      { prometheusMetrics },
      { traefikCounters },
      { foresee },
    ] = await Promise.all([
      import('./kubernetes.ts'),
      import('../platform/kubernetes.ts'),
      import('../platform/read-only.ts'),
      import('../platform/deploy/kubernetes.ts'),
      import('../platform/deploy/present-config.ts'),
      import('../platform/traffic/gateway-api.ts'),
      import('../platform/metrics/prometheus.ts'),
      import('../platform/metrics/traefik.ts'),
      import('../platform/foreseen.ts'),
    ])
    const kube = readOnly(kubernetes({ config: load(chooseKubeconfig(choice)) }))
    return {
      deploy: kubernetesDeploy({ kube }),
      traffic: gatewayApiTraffic({ kube, served: async () => undefined }),
      config: (app, run) => presentConfig(kube, app, run),
      // Its question can be told even when nobody is asked.
      metrics: prometheusMetrics({ url: prometheus ?? '', pack: traefikCounters }),
      prometheus,
      foresee,
    }
  },
  github: async (choice) => {
    const [{ load }, { kubernetes }, { gitHub }, { exchange }, { keeper }] = await Promise.all([
      import('./kubernetes.ts'),
      import('../platform/kubernetes.ts'),
      import('../platform/github/client.ts'),
      import('../platform/github/exchange.ts'),
      import('./registration.ts'),
    ])
    return {
      keeper: keeper(kubernetes({ config: load(chooseKubeconfig(choice)) })),
      at: ({ url, id, key }) => ({
        asApp: gitHub({ url, appId: id, key: () => key }).asApp,
        withToken: exchange({ url }),
      }),
    }
  },
  stdin: () => text(process.stdin),
})
