// A screen that remembers, and a cluster that answers from lists: what verbs are tested with.
import type { AppView, Cluster, CommandDraft, CommandView, ReleaseView } from '../../cli/cluster.ts'
import type { Direct } from '../../cli/direct.ts'
import type { Github } from '../../cli/github.ts'
import { run, type Surroundings } from '../../cli/program.ts'
import type { Survey } from '../../cli/survey.ts'

export const sha = '3f2c1d0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e'
export const startedAt = Date.parse('2026-03-01T12:00:00Z')

/** A release of `shop`, half way. */
export const aRelease = (part: Partial<ReleaseView> = {}): ReleaseView => ({
  namespace: 'default',
  name: 'shop-7',
  release: { app: { namespace: 'default', name: 'shop' }, seq: 7, sha },
  phase: 'rolling-out',
  message: 'Watching at 25%.',
  commit: { sha, title: 'Add the blue button', author: 'ana', committedAt: startedAt },
  revision: 'shop-3f2c1d0-ab12',
  stable: 'shop-9a8b7c6-cd34',
  weight: 250,
  step: '2/4',
  evidence: {
    from: startedAt + 30_000,
    to: startedAt + 38_000,
    canary: { requests: 1204, errors: 3, timed: 1204, within: [1204] },
    stable: { requests: 3601, errors: 0, timed: 3601, within: [3600] },
    looks: 4,
  },
  transitions: [],
  startedAt,
  ...part,
})

export const anApp = (part: Partial<AppView> = {}): AppView => ({
  namespace: 'default',
  name: 'shop',
  repository: 'https://github.com/acme/shop',
  branch: 'main',
  message: '',
  ...part,
})

export interface World {
  readonly apps?: readonly AppView[]
  readonly releases?: readonly ReleaseView[]
  readonly follow?: readonly ReleaseView[]
  readonly answer?: CommandView
  readonly cluster?: Partial<Cluster>
  readonly direct?: Direct
  readonly survey?: Survey
  readonly github?: Github
  readonly stdin?: string
  /** Told as it is written: what goes beside the results. */
  readonly heard?: (text: string) => void
  readonly cwd?: string
  readonly tty?: boolean
}

/** Runs the command line in a world; what it wrote comes back with the code. */
export async function slipway(args: readonly string[], world: World = {}) {
  let out = ''
  let err = ''
  const commands: CommandDraft[] = []
  const surroundings: Surroundings = {
    screen: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
        world.heard?.(text)
      },
      tty: world.tty ?? false,
      colour: false,
      columns: () => 60,
    },
    cwd: world.cwd ?? '/nowhere',
    now: () => startedAt + 40_000,
    direct: async () => world.direct ?? Promise.reject(new Error('nothing was to be moved by hand')),
    survey: async () => world.survey ?? Promise.reject(new Error('nothing was to be surveyed')),
    github: async () => world.github ?? Promise.reject(new Error('GitHub was not to be asked')),
    stdin: async () => world.stdin ?? '',
    connect: async (_choice, namespace) => clusterOf(world, namespace ?? 'default', commands),
  }
  const code = await run(args, surroundings)
  return { code, out, err, commands }
}

function clusterOf(world: World, namespace: string, commands: CommandDraft[]): Cluster {
  const { releases = [], apps = [] } = world
  return {
    server: 'https://cluster.example',
    namespace,
    apps: async () => apps,
    app: async (name) => apps.find((one) => one.name === name),
    hosts: async () => [],
    releases: async (app) => releases.filter((one) => app === undefined || one.release.app.name === app),
    release: async (name) => releases.find((one) => one.name === name),
    async *follow(_name, signal) {
      yield* world.follow ?? []
      if (world.follow?.at(-1)?.phase === 'done') return
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
    whoAmI: async () => 'ana',
    command: async (draft) => {
      commands.push(draft)
      return `${draft.release ?? draft.app}-${draft.verb}-x1`
    },
    answer: async () => world.answer,
    builds: async () => [],
    buildLog: async () => undefined,
    ...world.cluster,
  }
}
