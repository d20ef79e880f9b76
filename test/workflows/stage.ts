// One App on a memory platform, with real workflows and real activities: tests push commits and look at the world.
import { Worker } from '@temporalio/worker'
import { expect } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import type { AppRef, AppSource } from '../../domain/app.ts'
import type { AppVerb, CommandRequest, ReleaseVerb } from '../../domain/command.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { appWorkflowId, releaseWorkflowId } from '../../domain/release.ts'
import type { Revision } from '../../domain/revision.ts'
import type { Script, WorldCall } from '../../platform/memory/world.ts'
import { type MemoryOptions, memoryPlatform } from '../../platform/memory.ts'
import type { Platform } from '../../platform/platform.ts'
import type { app as appWorkflow } from '../../workflows/app.ts'
import {
  type AppInput,
  type AppState,
  appStatus,
  command,
  type Moves,
  sourceMoved,
} from '../../workflows/messages.ts'
import { eachVerb } from './each-verb.ts'
import type { Temporal } from './temporal.ts'

export type Stage = Awaited<ReturnType<typeof openStage>>

export interface StageOptions extends MemoryOptions {
  readonly renewAfter?: number
  /** Workflows are not kept between their tasks: each task replays the history from its beginning. `SLIPWAY_REPLAYS` says so for all. */
  readonly replays?: boolean
}

let stages = 0

export async function openStage(
  { env, bundle, workers }: Temporal,
  { renewAfter, replays = process.env.SLIPWAY_REPLAYS !== undefined, ...options }: StageOptions = {},
) {
  stages += 1
  const taskQueue = `stage-${stages}`
  const app: AppRef = { namespace: taskQueue, name: 'shop' }
  const host = options.forge ? 'github.example' : 'git.example'
  const source: AppSource = { repository: `https://${host}/${taskQueue}/shop`, branch: 'main' }
  const { platform, world } = memoryPlatform(options)
  world.declare(app, source)
  const broken: string[] = []
  const hooks: ((call: WorldCall) => void | Promise<void>)[] = []
  world.before = async (call) => {
    if (call.verb === 'deploy.remove' || call.verb === 'deploy.keep')
      broken.push(...removedInUse(world, app, call))
    for (const hook of hooks) await hook(call)
  }
  const pushed: string[] = []
  const after: ((verb: WorldCall['verb']) => void)[] = []
  const activities = createActivities(followed(platform, after), world.clock)
  let stopWork = async () => {}

  const stage = {
    app,
    taskQueue,
    source,
    world,
    platform,
    client: env.client,
    /** Called before every call to the platform. */
    hooks,
    /** Called after every call to the platform, when it has had its effect. */
    after,
    pushed,
    /** Starts a worker; a second one after the first is stopped is what follows a loss. */
    async work() {
      const made = await Worker.create({
        connection: env.nativeConnection,
        workflowBundle: bundle,
        taskQueue,
        activities,
        maxHeartbeatThrottleInterval: 100,
        defaultHeartbeatThrottleInterval: 100,
        // An activity that a failed test still holds must not hold the end of all tests.
        shutdownForceTime: '10s',
        ...(replays && { maxCachedWorkflows: 0 }),
      })
      const running = made.run()
      stopWork = async () => {
        if (made.getState() === 'RUNNING') made.shutdown()
        await running
      }
      workers.add(stopWork)
    },
    stopWork: () => stopWork(),
    /** Commits to the branch, tells nobody. */
    commit(script: Script = {}, manifest = manifestOf()): string {
      const sha = world.push(source, { 'slipway.yaml': manifest })
      world.plan(sha, script)
      pushed.push(sha)
      return sha
    },
    /** Tells the App's workflow to look, as every source does. */
    async say(sha: string, delivery = `delivery-${sha.slice(0, 7)}`) {
      const moved = { ref: 'refs/heads/main', after: sha, delivery }
      const input: AppInput = { app, ...(renewAfter !== undefined && { renewAfter }) }
      await env.client.workflow.signalWithStart<typeof appWorkflow, Moves>('app', {
        workflowId: appWorkflowId(app),
        taskQueue,
        args: [input],
        signal: sourceMoved,
        signalArgs: [moved],
      })
    },
    async push(script: Script = {}, manifest = manifestOf()): Promise<string> {
      const sha = stage.commit(script, manifest)
      await stage.say(sha)
      return sha
    },
    releaseOf: (sha: string): ReleaseStatus | undefined =>
      world.releasesOf(app).findLast(({ release }) => release.sha === sha),
    /** The release of a commit once it satisfies. */
    async release(sha: string, satisfies: (status: ReleaseStatus) => boolean): Promise<ReleaseStatus> {
      await until(
        () => {
          const status = stage.releaseOf(sha)
          return status !== undefined && satisfies(status)
        },
        () => `${sha.slice(0, 7)}: ${JSON.stringify(stage.releaseOf(sha) ?? 'no release')}`,
      )
      return stage.releaseOf(sha) as ReleaseStatus
    },
    /** The App knows that this commit ended badly. */
    rejected: (sha: string): Promise<void> =>
      until(
        async () => (await stage.state()).rejected.includes(sha),
        () => `${sha.slice(0, 7)} was not rejected`,
      ),
    ended: (sha: string): Promise<ReleaseStatus> =>
      stage.release(sha, ({ outcome }) => outcome !== undefined),
    handle: (sha: string) => {
      const status = stage.releaseOf(sha)
      if (!status) throw new Error(`there is no release of ${sha}`)
      return env.client.workflow.getHandle(releaseWorkflowId(status.release))
    },
    abort: async (sha: string, id = `command-${sha.slice(0, 7)}`) => {
      const request = { id, verb: 'abort', reason: 'it is late', by: 'ana' } as const
      return stage.handle(sha).executeUpdate(command, { updateId: id, args: [request] })
    },
    /** Asks the release of a commit as ana does, unless it is said otherwise. */
    ask: async (sha: string, verb: ReleaseVerb, more: Partial<CommandRequest> = {}) =>
      stage.handle(sha).executeUpdate(command, { args: [requestOf(verb, more)] }),
    askApp: async (verb: AppVerb, more: Partial<CommandRequest> = {}) =>
      stage.appHandle().executeUpdate(command, { args: [requestOf(verb, more)] }),
    appHandle: () => env.client.workflow.getHandle<typeof appWorkflow>(appWorkflowId(app)),
    state: (): Promise<AppState> => stage.appHandle().query(appStatus),
    /** What the gateway serves: revisions' commits and their shares, none of zero. */
    served: (): Record<string, number> => {
      const shares = (world.gateway.serves(app) ?? []).filter(({ weight }) => weight > 0)
      const commitOf = (name: string) => world.revisions.get(name)?.revision.sha ?? `gone: ${name}`
      return Object.fromEntries(shares.map(({ revision, weight }) => [commitOf(revision), weight]))
    },
    /** The weights that a commit's revision was given, in order; 0 when it was taken off the route. */
    weightsOf(sha: string): number[] {
      const isIts = ({ revision }: { revision: string }) => revision.includes(sha.slice(0, 7))
      const given = world.gateway.writes(app).map(({ weights }) => weights.find(isIts)?.weight)
      const first = given.findIndex((weight) => weight !== undefined)
      const off = given.findIndex((weight, index) => index > first && weight === undefined)
      return first < 0 ? [] : given.slice(first, off < 0 ? undefined : off + 1).map((weight) => weight ?? 0)
    },
    /** What must hold after every story, seen from outside. */
    async close(expected?: { serves: string }) {
      if (expected) {
        expect(stage.served()).toEqual({ [expected.serves]: 1000 })
        await until(
          // What served before may be kept, without pods.
          () =>
            [...world.revisions.values()].every(
              ({ revision, pods }) => revision.sha === expected.serves || pods === 0,
            ),
          () => `revisions left: ${[...world.revisions.keys()].join()}`,
        )
      }
      expect(broken).toEqual([])
      for (const { weights } of world.gateway.writes(app)) {
        expect(weights.reduce((sum, { weight }) => sum + weight, 0)).toBe(1000)
      }
      for (const status of world.releasesOf(app)) expect(status).toMatchObject({ phase: 'done' })
      const outcomes = (sha: string) =>
        world.releasesOf(app).filter(({ release }) => release.sha === sha).length
      expect(pushed.map(outcomes)).toEqual(pushed.map(() => 1))
      await stage.stopWork()
    },
  }
  await stage.work()
  return stage
}

/** A stage on which a first commit holds the traffic. */
export async function stableStage(
  temporal: Temporal,
  options: StageOptions = {},
): Promise<{ stage: Stage; first: string }> {
  const stage = await openStage(temporal, options)
  const first = await stage.push()
  await stage.ended(first)
  return { stage, first }
}

/** Holds the first call of this kind that satisfies, until it is let go. */
export function hold(
  stage: Stage,
  verb: string,
  satisfies: (...given: readonly unknown[]) => boolean = () => true,
) {
  let reached = false
  let letGo = () => {}
  const gone = new Promise<void>((resolve) => {
    letGo = resolve
  })
  stage.hooks.push(async (call) => {
    if (reached || call.verb !== verb || !satisfies(...call.arguments)) return
    reached = true
    await gone
  })
  return {
    reached: () =>
      until(
        () => reached,
        () => `${verb} was not called`,
      ),
    letGo,
  }
}

let requests = 0
function requestOf(verb: ReleaseVerb | AppVerb, more: Partial<CommandRequest>): CommandRequest {
  requests += 1
  return { id: `request-${requests}`, verb, reason: '', by: 'ana', ...more }
}

/** A manifest with quick steps; `release` adds to them. */
export const manifestOf = (release = ''): string => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  release:
    steps: [{weight: 10, for: 5s}, {weight: 25, for: 5s}, {weight: 50, for: 5s}, {weight: 100, for: 5s}]
    bake: 5s
${release
  .split('\n')
  .filter((line) => line.trim())
  .map((line) => `    ${line.trim()}`)
  .join('\n')}
`

/** A manifest whose weights follow the evidence. */
export const rampOf = (bake: string, analysis = '{}'): string => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  release: {steps: auto, bake: ${bake}, analysis: ${analysis}}
`

export async function until(satisfied: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + 40_000
  while (!(await satisfied())) {
    if (Date.now() > deadline) throw new Error(`waited 40 s in vain: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A revision that is removed or stopped while the gateway sends it requests. */
function removedInUse(
  world: ReturnType<typeof memoryPlatform>['world'],
  app: AppRef,
  { arguments: [first, second] }: WorldCall,
): string[] {
  const name = second ?? (first as Revision).name
  const share = world.gateway.serves(app)?.find(({ revision }) => revision === name)?.weight ?? 0
  return share > 0 ? [`${name} was taken away at weight ${share}`] : []
}

/** The same platform; each call that succeeded is told to the hooks, which may let it fail all the same. */
const followed = (platform: Platform, hooks: readonly ((verb: WorldCall['verb']) => void)[]): Platform =>
  eachVerb(platform, (verb, act) => async (...given) => {
    const answer = await act(...given)
    for (const hook of hooks) hook(verb)
    return answer
  })
