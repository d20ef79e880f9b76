// The build contract on the local cluster, and what only real builds can do. The git server is the test's own, on the bridge.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppSpec } from '../../../domain/app.ts'
import type { Plan } from '../../../domain/release.ts'
import { network } from '../../../local/addresses.ts'
import { kubeconfigOf } from '../../../local/paths.ts'
import { readState } from '../../../local/state.ts'
import { buildkit } from '../../../platform/build/buildkit.ts'
import { type BuildSettings, buildContainer, gitSecret } from '../../../platform/build/job.ts'
import { kinds } from '../../../platform/kinds.ts'
import { kubernetes } from '../../../platform/kubernetes.ts'
import type { Build } from '../../../platform/platform.ts'
import { aPlan } from '../../platform/build/plan.ts'
import { aGitServer, type FileContent, type GitServer } from '../../support/git-server.ts'
import { buildContract } from '../build.ts'
import { failureOf } from '../source.ts'

const lab = readState()
const namespace = 'slipway-builds'
const base = lab.images.node

/** A cluster to build in and a repository to build from; every App in it is this run's own. */
async function aWorkshop() {
  const token = readFileSync(lab.git.fetchTokenFile, 'utf8').trim()
  const cluster = kubernetes({ kubeconfig: kubeconfigOf('slipway-worker') })
  // What only the test does is not among the worker's rights.
  const admin = kubernetes({ kubeconfig: lab.kubeconfig })
  const server: GitServer = await aGitServer(token, network.host)
  const app = `shop${randomInt(1e9)}`
  const repository = await server.create(`${app}.git`)
  const settings: BuildSettings = {
    namespace,
    image: lab.images.buildkit,
    registry: { host: new URL(lab.addresses.registry).host, insecure: true },
    git: { url: server.url, secret: gitSecret },
  }
  let seq = 0
  return {
    token,
    cluster,
    settings,
    build: pushingAgain(buildkit(cluster, settings, { secrets: () => [token] })),
    plan: async (
      files: Readonly<Record<string, FileContent>>,
      build: Partial<AppSpec['build']> = {},
    ): Promise<Plan> => {
      seq++
      const sha = await server.commit(repository, {
        branch: 'main',
        files: { ...files, seq: `${app} ${seq}` },
      })
      const release = { app: { namespace: 'default', name: app }, seq, sha }
      return aPlan(build, { release, commit: { sha, title: '', author: 'ana', committedAt: 0 }, repository })
    },
    pods: ({ release: { sha } }: Plan) =>
      cluster.list(kinds.Pod, namespace, { labels: { 'slipway.dev/app': app, 'slipway.dev/commit': sha } }),
    jobs: () => admin.list(kinds.Job, namespace, { labels: { 'slipway.dev/app': app } }),
    close: async () => {
      const jobs = await admin.list(kinds.Job, namespace, { labels: { 'slipway.dev/app': app } })
      for (const { metadata } of jobs) await cluster.remove(kinds.Job, namespace, metadata.name)
      await server.close()
    },
  }
}

/** The registry refuses a manifest now and then that it read wrongly; the workflow tries such a build again, and so do these tests. */
const pushingAgain = (build: Build): Build => ({
  ...build,
  build: (...asked) =>
    build.build(...asked).catch((error: unknown) => {
      if (!/can be tried again: failed to push/.test(String(error))) throw error
      return build.build(...asked)
    }),
})

const files = {
  builds: { Dockerfile: `FROM ${base}\nCOPY . /app\nRUN cat /app/seq\nCMD ["cat", "/app/seq"]\n` },
  breaks: { Dockerfile: `FROM ${base}\nRUN echo this is why && false\n` },
  'takes long': { Dockerfile: `FROM ${base}\nRUN sleep 120\n` },
}

buildContract(async () => {
  const { build, plan, pods, close } = await aWorkshop()
  return {
    build,
    newPlan: (fate) => plan(files[fate]),
    running: async (of) =>
      (await pods(of)).filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? '')).length,
    close,
  }
})

describe('build: BuildKit in the cluster', () => {
  let workshop: Awaited<ReturnType<typeof aWorkshop>>
  beforeAll(async () => {
    workshop = await aWorkshop()
  })
  afterAll(() => workshop?.close())

  const follow = (lines: string[] = [], signal = new AbortController().signal) => ({
    signal,
    progress: (line: string) => void lines.push(line),
  })
  const failureFor = async (dockerfile: string, build: Partial<AppSpec['build']> = {}) =>
    failureOf(workshop.build.build(await workshop.plan({ Dockerfile: dockerfile }, build), follow()))

  it('builds a folder of the repository as its manifest says, and tells what it does', async () => {
    const dockerfile = [
      `FROM ${base} AS run`,
      'ARG GREETING',
      'COPY greet.txt /greet.txt',
      'RUN sleep 2; test "$GREETING" = "hello, world=1" && test "$(cat /greet.txt)" = hello',
      `FROM ${base} AS never`,
      'RUN false',
    ].join('\n')
    const plan = await workshop.plan(
      { 'services/shop/deploy/Dockerfile': dockerfile, 'services/shop/greet.txt': 'hello' },
      {
        context: 'services/shop',
        dockerfile: 'deploy/Dockerfile',
        target: 'run',
        args: { GREETING: 'hello, world=1' },
      },
    )
    const lines: string[] = []
    const image = await workshop.build.build(plan, follow(lines))
    expect(lines.length).toBeGreaterThan(0)

    const url = `${lab.addresses.registry}/v2/default/${plan.release.app.name}/manifests/${image.digest}`
    const accept = 'application/vnd.oci.image.index.v1+json'
    const index = await (await fetch(url, { headers: { accept } })).json()
    // The image of this platform, and its provenance.
    expect(index).toMatchObject({ mediaType: accept, manifests: [{}, { annotations: {} }] })
    const [pod] = await workshop.pods(plan)
    const log = await workshop.cluster.logs(namespace, pod?.metadata.name ?? '', buildContainer, 1000)
    expect(log).toContain('[run 3/3] RUN sleep 2')
  })

  it.each([
    [
      'a step that fails',
      `FROM ${base}\n\nRUN exit 7\n`,
      /step \[2\/2\] RUN exit 7 ended with exit code 7 \(Dockerfile:3\)/,
    ],
    ['a misspelt word', `FRM ${base}\n`, /unknown instruction: FRM/],
    ['an empty Dockerfile', '', /no instructions/],
    ['an image that does not exist', `FROM ${base}-nowhere\n`, /not found/],
    [
      'a file that does not exist',
      `FROM ${base}\nCOPY missing /\n`,
      /"\/missing": not found.*Dockerfile:2|missing/,
    ],
    ['an SSH agent', `FROM ${base}\nRUN --mount=type=ssh,required=true true\n`, /ssh/i],
    ['a privileged step', `FROM ${base}\nRUN --security=insecure true\n`, /insecure/],
  ])('says what is wrong with %s', async (_name, dockerfile, why) => {
    const failure = await failureFor(dockerfile)
    expect(failure.reason).toBe('BuildFailed')
    expect(failure.message).toMatch(why)
  })

  it('says that there is no Dockerfile, and where it looked', async () => {
    const plan = await workshop.plan({ README: 'no Dockerfile here' }, { dockerfile: 'deploy/Dockerfile' })
    const failure = await failureOf(workshop.build.build(plan, follow()))
    expect(failure.message).toMatch(/no such file or directory/)
    expect(failure.message).toContain('Dockerfile')
  })

  it('does not run the frontend that a Dockerfile asks for', async () => {
    const plan = await workshop.plan({ Dockerfile: `# syntax=registry.invalid/evil:1\nFROM ${base}\n` })
    expect((await workshop.build.build(plan, follow())).digest).toMatch(/^sha256:/)
  })

  it('has no token for the steps of a Dockerfile', async () => {
    const host = new URL(workshop.settings.git?.url ?? '').host
    const mount = (id: string) => `--mount=type=secret,id=${id},target=/${id}`
    const ids = [`GIT_AUTH_TOKEN.${host}`, 'GIT_AUTH_TOKEN']
    const steps = ids.map((id) => `RUN ${mount(id)} ! cat /${id}`)
    const plan = await workshop.plan({ Dockerfile: [`FROM ${base}`, ...steps].join('\n') })
    expect((await workshop.build.build(plan, follow())).digest).toMatch(/^sha256:/)
  })

  it('stops a build at its time limit and says so', async () => {
    const build = buildkit(workshop.cluster, { ...workshop.settings, deadline: 8 })
    const plan = await workshop.plan(files['takes long'])
    const failure = await failureOf(build.build(plan, follow()))
    expect(failure).toMatchObject({ reason: 'BuildFailed' })
    expect(failure.message).toContain('longer than 8 s')
  })

  it('stops a build at its memory limit and says so', async () => {
    const limits = { cpu: '2', memory: '300Mi', storage: '2Gi' }
    const build = buildkit(workshop.cluster, { ...workshop.settings, limits })
    const plan = await workshop.plan({
      Dockerfile: `FROM ${base}\nRUN head -c 800M /dev/zero | tail -c 700M > /dev/null\n`,
    })
    const failure = await failureOf(build.build(plan, follow()))
    expect(failure).toMatchObject({ reason: 'BuildFailed' })
    expect(failure.message).toContain('300Mi')
  })

  it('leaves no Job behind when the fault is the cluster’s, and lets the build be tried again', async () => {
    const image = `${workshop.settings.registry.host}/slipway/nothing-here:1`
    const build = buildkit(workshop.cluster, { ...workshop.settings, image })
    const plan = await workshop.plan(files.builds)
    await expect(build.build(plan, follow())).rejects.toThrow(
      /can be tried again: its pod does not start: ImagePull/,
    )
    expect(await workshop.pods(plan)).toEqual([])
    expect((await workshop.build.build(plan, follow())).digest).toMatch(/^sha256:/)
  })

  it('takes up a build that was begun by a worker that is gone', async () => {
    const plan = await workshop.plan({ Dockerfile: `FROM ${base}\nRUN sleep 6\n` })
    const gone = new AbortController()
    // The first follower's calls fail from some moment on, as they do when its process is killed.
    const dying: typeof workshop.cluster = {
      ...workshop.cluster,
      list: (...given) =>
        gone.signal.aborted ? Promise.reject(new Error('killed')) : workshop.cluster.list(...given),
    }
    const first = expect(buildkit(dying, workshop.settings).build(plan, follow())).rejects.toThrow('killed')
    setTimeout(() => gone.abort(), 2000)
    await first
    const before = (await workshop.jobs()).length
    expect((await workshop.build.build(plan, follow())).digest).toMatch(/^sha256:/)
    expect((await workshop.jobs()).length).toBe(before)
    expect((await workshop.pods(plan)).length).toBe(1)
  })

  it('builds again what failed for an earlier release of the same commit', async () => {
    const plan = await workshop.plan(files.breaks)
    await failureOf(workshop.build.build(plan, follow()))
    const again = { ...plan, release: { ...plan.release, seq: 1000 } }
    await failureOf(workshop.build.build(again, follow()))
    const pods = await workshop.pods(plan)
    expect(pods.map(({ metadata }) => metadata.labels?.['slipway.dev/release'])).toEqual([
      `${plan.release.app.name}-1000`,
    ])
  })
})
