// The worker: configuration → platform → activities → Temporal. Reads the settings, makes the parts, joins them.
import { Client } from '@temporalio/client'
import { Runtime, Worker } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import { pagePath } from '../domain/release.ts'
import { buildkit } from '../platform/build/buildkit.ts'
import { gitSecret } from '../platform/build/job.ts'
import { kubernetesDeploy } from '../platform/deploy/kubernetes.ts'
import { httpSink } from '../platform/events/http.ts'
import { extensionsIn } from '../platform/events/overrides.ts'
import { gitHubForge } from '../platform/forge/github.ts'
import { gitHub } from '../platform/github/client.ts'
import { hooks } from '../platform/hooks/hooks.ts'
import { kubernetes } from '../platform/kubernetes.ts'
import { prometheusMetrics } from '../platform/metrics/prometheus.ts'
import { traefikCounters } from '../platform/metrics/traefik.ts'
import type { Forge, Platform, Traffic } from '../platform/platform.ts'
import { kubernetesReport } from '../platform/report/kubernetes.ts'
import {
  type GitHubAppSettings,
  readSecret,
  type WorkerSettings,
  workerSettings,
} from '../platform/settings.ts'
import { gitSource } from '../platform/source/git.ts'
import { isUnder } from '../platform/source/repository.ts'
import { gatewayApiTraffic } from '../platform/traffic/gateway-api.ts'
import { traefikServed } from '../platform/traffic/traefik.ts'
import { taskQueue } from '../workflows/messages.ts'
import { connectTemporal } from './connection.ts'
import { serveHealth } from './health.ts'
import { jsonLog, temporalLogger } from './log.ts'
import { ensureSweep } from './schedule.ts'
import { registerSearchAttributes } from './search-attributes.ts'
import { stoppableClock } from './stopping.ts'
import { workflowBundle } from './workflow-bundle.ts'

// Workflow code formats times; they must not depend on where the worker runs.
process.env.TZ = 'UTC'
const settings = workerSettings()
const log = jsonLog('slipway-worker')
const { host, port } = settings.telemetryListen
Runtime.install({
  logger: temporalLogger(log),
  telemetryOptions: {
    metrics: {
      prometheus: {
        bindAddress: `${host}:${port}`,
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
      },
    },
  },
})

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())

const health = await serveHealth(settings.listen, log)
const connection = await connectTemporal(settings.temporal.address, log, stopping.signal)
const { namespace } = settings.temporal
const registered = registerSearchAttributes(connection, namespace, log, stopping.signal)
const creation = Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowBundle: { codePath: workflowBundle },
  activities: createActivities(platformOf(settings), stoppableClock(stopping.signal)),
  // A cancelled activity learns of it with a heartbeat: within two seconds.
  maxHeartbeatThrottleInterval: '2s',
  // A watch holds its slot for as long as its step lasts.
  maxConcurrentActivityTaskExecutions: 500,
  shutdownGraceTime: '20s',
  shutdownForceTime: '50s',
})
const [worker] = await Promise.all([creation, registered])
health.watch(worker, connection)
log.info({ taskQueue, address: settings.temporal.address }, 'running')
// Releases do not wait for the sweep's schedule: from here on a worker knows what a sweep is.
await Promise.all([worker.run(), ensureSweep(new Client({ connection, namespace }), log, stopping.signal)])
await Promise.all([health.close(), connection.close()])
log.info('stopped')

/** The drivers, chosen as a set that fits: Kubernetes, Traefik behind the Gateway API, Prometheus, BuildKit, git. */
function platformOf({ git, build, registry, github, events, ...settings }: WorkerSettings): Platform {
  const kube = kubernetes({ kubeconfig: settings.kubeconfig })
  const { url, fetchTokenFile } = git
  const traffic = gatewayApiTraffic({
    kube,
    gateway: settings.gateway,
    served: traefikServed({ url: settings.gatewayUrl }),
  })
  const forge = github && forgeOf(github, settings, traffic)
  const readToken = async (repository: string) =>
    forge?.hosts(repository) ? await forge.readToken(repository) : undefined
  // The built-in remote's token is shown to nobody else.
  const token = (repository: string) =>
    url && fetchTokenFile && isUnder(url, repository) ? readSecret(fetchTokenFile) : readToken(repository)
  const remote = url && { git: { url, ...(fetchTokenFile && { secret: gitSecret }) } }
  // A GitHub without TLS is one on this machine.
  const plain = github?.url.startsWith('http:') ? [new URL(github.url).origin] : []
  const { keyFile } = settings.hooks
  const hookKey = () => (keyFile ? readSecret(keyFile) : undefined)
  const secrets = () => (fetchTokenFile ? [readSecret(fetchTokenFile)] : [])
  const building = { ...build, registry, ...remote, plainHttpUnder: plain }
  return {
    source: gitSource({ token, plainHttpUnder: [...(url ? [url] : []), ...plain] }),
    build: buildkit(kube, building, { secrets, token: readToken }),
    deploy: kubernetesDeploy({ kube }),
    traffic,
    metrics: prometheusMetrics({ url: settings.prometheusUrl, pack: traefikCounters }),
    report: kubernetesReport({ kube }),
    hooks: hooks({
      kube,
      key: hookKey,
      loopback: settings.hooks.loopback,
    }),
    ...(forge && { forge }),
    ...(events.sink && {
      sink: httpSink({
        url: events.sink,
        key: hookKey,
        extensions: extensionsIn(events.overrides),
        loopback: settings.hooks.loopback,
        onRefused: (why, { source, id }) => log.warn({ source, id, why }, 'an event was refused for good'),
      }),
    }),
  }
}

function forgeOf(
  { url, appId, keyFile }: GitHubAppSettings,
  { appAddress, pageUrl }: Pick<WorkerSettings, 'appAddress' | 'pageUrl'>,
  traffic: Traffic,
): Forge {
  const client = gitHub({ url, appId, key: () => readSecret(keyFile), onLimited: health.limited })
  return gitHubForge(client, {
    ...(pageUrl && { page: (release) => `${pageUrl}${pagePath(release)}` }),
    address: async (app) => {
      const [host] = (await traffic.read(app))?.hosts ?? []
      return host && appAddress.replace('{host}', host)
    },
  })
}
