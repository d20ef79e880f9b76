// Lives one script: an App on a memory platform, where what the script says happens at the calls that it names.
import { setTimeout as wait } from 'node:timers/promises'
import { createActivities } from '../../../activities/index.ts'
import type { AppRef, AppSource } from '../../../domain/app.ts'
import type { CommandRequest } from '../../../domain/command.ts'
import { parseManifest } from '../../../domain/manifest.ts'
import { makePlan } from '../../../domain/plan.ts'
import { appWorkflowId, type ReleaseRef, releaseWorkflowId } from '../../../domain/release.ts'
import { makeRevision } from '../../../domain/revision.ts'
import type { WorldCall } from '../../../platform/memory/world.ts'
import { memoryPlatform } from '../../../platform/memory.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type AppState, appStatus, command, sourceMoved } from '../../../workflows/messages.ts'
import type { House } from './house.ts'
import { rules } from './rules.ts'
import { type Deed, fares, type Mishap, type Script } from './script.ts'

/** What came of it: no violation is what is hoped for. */
export interface Lived {
  readonly script: Script
  readonly broken: readonly string[]
  /** What happened, in order, for people. */
  readonly log: readonly string[]
  /** What has called the platform since it came to rest. */
  readonly stirs: () => readonly string[]
}

const restWithin = 90_000
const nobody = '0'.repeat(40)
let lives = 0

export async function live(house: House, script: Script): Promise<Lived> {
  lives += 1
  const namespace = `life-${script.seed}-${lives}`
  const app: AppRef = { namespace, name: 'shop' }
  const source: AppSource = { repository: `https://git.example/${namespace}/shop`, branch: 'main' }
  const { platform, world } = memoryPlatform({ servesAfter: script.servesAfter })
  world.declare(app, source)
  const log: string[] = []
  const shas: string[] = []
  const told = new Set<string>()
  const again = new Set<string>()
  const faults: { verb: string; mishap: Mishap; left: number }[] = []
  const under: Promise<unknown>[] = []
  let [hurried, violent, healthy, over] = [false, false, true, false]
  let next = 0
  let countdown = script.events[0]?.after ?? 0
  let calledAt = Date.now()

  const first = script.begun ? await begin() : undefined
  const held = rules(world, app, {
    told,
    again,
    hurried: () => hurried,
    violent: () => violent,
    healthy: () => healthy,
  })
  world.before = async (call) => {
    calledAt = Date.now()
    if (!call.verb.startsWith('report.')) await meet(call)
    mishap(call.verb, 'before')
    held.before(call)
  }
  house.moveIn(namespace, createActivities(disturbed(platform), world.clock))

  /** What serves when the life begins, as the cluster remembers it. */
  async function begin(): Promise<string> {
    const text = manifest('release: {}')
    const sha = world.push(source, { 'slipway.yaml': text })
    const release = { app, seq: 1, sha }
    const { commit } = await platform.source.read(source, sha, 'slipway.yaml')
    const plan = makePlan(release, commit, source, parseManifest(text, app))
    const revision = makeRevision(plan, await platform.build.build(plan, follower))
    await platform.deploy.create(revision)
    const weights = [{ revision: revision.name, weight: 1000 }]
    await platform.traffic.write({ app, hosts: [], weights, epoch: { seq: 1, n: 1 }, stable: revision.name })
    const [startedAt, message] = [world.clock.now(), 'it was there before']
    const status = { release, phase: 'done', outcome: 'promoted', message, weight: 1000, startedAt } as const
    await platform.report.release({ ...status, revision: revision.name, transitions: [] })
    shas.push(sha)
    await world.clock.sleep(10_000)
    return revision.name
  }

  /** The script's next events happen at this call. */
  async function meet(call: WorldCall): Promise<void> {
    if (over || next >= script.events.length || countdown-- > 0) return
    await Promise.race([happen(call.verb), wait(300)])
  }

  function happen(at: string): Promise<unknown> {
    const event = script.events[next]
    if (!event) return Promise.resolve()
    next += 1
    countdown = script.events[next]?.after ?? 0
    log.push(`at ${at}: ${JSON.stringify(event.what)}`)
    const done = act(event.what).catch((error: unknown) => {
      const { message, cause } = error as Error
      log.push(`  refused: ${(cause as Error | undefined)?.message ?? message}`)
    })
    under.push(done)
    return done
  }

  function mishap(verb: string, kind: Mishap): void {
    const fault = faults.find((one) => one.verb === verb && one.mishap === kind && one.left > 0)
    if (!fault || over) return
    fault.left -= 1
    throw new Error(`${verb} went wrong: ${kind} its effect`)
  }

  /** The same platform; what is to go wrong after its effect does so, and the rules see each effect. */
  function disturbed(calm: Platform): Platform {
    const words = Object.entries(calm).map(([word, driver]) => {
      const verbs = Object.entries(driver as object).map(([name, act]) => {
        if (typeof act !== 'function' || name === 'query') return [name, act]
        const verb = `${word}.${name}` as WorldCall['verb']
        const call = async (...given: unknown[]) => {
          const effect = async () => {
            const answer = await act(...given)
            held.after({ verb, arguments: given, at: world.clock.now() })
            return answer
          }
          late(verb, effect)
          const answer = await effect()
          mishap(verb, 'after')
          return answer
        }
        return [name, call]
      })
      return [word, Object.fromEntries(verbs)]
    })
    return Object.fromEntries(words)
  }

  /** It fails now, and takes effect in a while all the same. */
  function late(verb: string, effect: () => Promise<unknown>): void {
    try {
      mishap(verb, 'late')
    } catch (error) {
      under.push(
        wait(200)
          .then(effect)
          .catch(() => undefined),
      )
      throw error
    }
  }

  async function act(what: Deed): Promise<void> {
    switch (what.deed) {
      case 'push': {
        const sha = world.push(source, { 'slipway.yaml': manifest(what.file) })
        shas.push(sha)
        world.plan(sha, fares[what.fare])
        if (what.fare !== 'good' && what.fare !== 'slow') healthy = false
        return what.told ? say(sha) : undefined
      }
      case 'tell again':
        return say(pick(shas, what.which))
      case 'forge':
        return say('f'.repeat(40))
      case 'force back': {
        const to = pick(shas, what.which)
        again.add(to)
        world.repositories.get(source.repository)?.branches.set('main', to)
        return say(to)
      }
      case 'ask':
        return ask(releaseHandle(what.which), what.verb)
      case 'ask the App':
        return ask(appHandle(), what.verb, { release: refs()[what.which % Math.max(1, refs().length)] })
      case 'turn':
        healthy = false
        return world.plan(pick(shas, what.which), { errors: what.fare === 'good' ? 0 : 0.5 })
      case 'metrics':
        return world.metrics(what.fare)
      case 'visitors':
        return world.gateway.visitors(app, what.perSecond)
      case 'fault':
        return void faults.push({ verb: what.verb, mishap: what.mishap, left: what.times })
      case 'end the App':
        violent = true
        return void (await appHandle().terminate('a test'))
      case 'end the release':
        violent = true
        return void (await releaseHandle(0).terminate('a test'))
      case 'cancel':
        return void (await releaseHandle(0).cancel())
      case 'restart':
        return house.restart()
    }
  }

  async function say(sha: string): Promise<void> {
    if (sha !== nobody) told.add(sha)
    await house.client.workflow.signalWithStart('app', {
      workflowId: appWorkflowId(app),
      taskQueue: house.taskQueue,
      args: [{ app }],
      signal: sourceMoved,
      signalArgs: [{ ref: 'refs/heads/main', after: sha, delivery: `delivery-${sha.slice(0, 7)}` }],
    })
  }

  async function ask(handle: ReturnType<typeof appHandle>, verb: CommandRequest['verb'], more: object = {}) {
    if (verb === 'promote' || verb === 'approve' || verb === 'resume') hurried = true
    const request = { id: `${namespace}-${verb}-${log.length}`, verb, reason: '', by: 'ana', ...more }
    const asked = () => handle.executeUpdate(command, { args: [request] })
    const { message } = await house.client.withDeadline(Date.now() + 10_000, asked)
    log.push(`  ${verb}: ${message}`)
  }
  const appHandle = () => house.client.workflow.getHandle(appWorkflowId(app))
  const refs = (): ReleaseRef[] =>
    world
      .releasesOf(app)
      .map(({ release }) => release)
      .reverse()
  const releaseHandle = (which: number) => {
    const open = world.releasesOf(app).filter(({ outcome }) => !outcome)
    const ref = (which % 4 === 3 ? undefined : open.at(-1)?.release) ?? pick(refs(), which)
    if (!ref) throw new Error('there is no release')
    return house.client.workflow.getHandle(releaseWorkflowId(ref))
  }

  async function play(): Promise<void> {
    while (next < script.events.length) {
      await wait(40)
      if (next === 0 || Date.now() - calledAt > 400) await happen('rest')
    }
    await Promise.all(under)
  }

  /** Faults are over, everything is told, and whoever waits for people is helped. */
  async function comeToRest(): Promise<boolean> {
    over = true
    world.metrics('well')
    world.gateway.visitors(app, 100)
    const until = Date.now() + restWithin
    const head = world.repositories.get(source.repository)?.branches.get('main')
    await say(head ?? nobody)
    for (let turn = 1; Date.now() < until; turn += 1) {
      await wait(Math.min(100 * turn, 1_000))
      if (Date.now() - calledAt > 150 && (await isIdle())) return true
      if (turn % 4 === 0) await help(turn)
    }
    return false
  }

  async function help(turn: number): Promise<void> {
    const open = world.releasesOf(app).find(({ outcome, phase }) => !outcome && phase !== 'pending')
    const attempt = (done: Promise<unknown>) => done.catch(() => undefined)
    await attempt(ask(appHandle(), 'unfreeze'))
    await attempt(say(nobody))
    if (!open) return
    const handle = house.client.workflow.getHandle(releaseWorkflowId(open.release))
    for (const verb of ['resume', 'approve'] as const) await attempt(ask(handle, verb))
    if (turn % 8 === 0) await attempt(ask(handle, 'abort'))
  }

  async function isIdle(): Promise<boolean> {
    const all = [...told].every((sha) => world.releasesOf(app).some((one) => one.release.sha === sha))
    if (!all || world.releasesOf(app).some(({ outcome }) => !outcome)) return false
    const state: AppState = await appHandle().query(appStatus)
    if (state.active || state.waiting || state.frozen) return false
    const { raw } = await appHandle().describe()
    return (raw.pendingActivities ?? []).length === 0
  }

  await play()
  const rests = await comeToRest()
  await Promise.all(under)
  if (rests) held.atRest(first)
  else held.refuse('it comes to rest', `not within ${restWithin / 1000} s: ${unfinished()}`)
  const calls = world.calls.length
  const stirs = () => world.calls.slice(calls).map(({ verb }) => verb)
  return { script, broken: held.broken, log, stirs }

  function unfinished(): string {
    const open = world.releasesOf(app).filter(({ outcome }) => !outcome)
    const last = world.calls.slice(-5).map(({ verb }) => verb)
    const lines = open.map(({ release, phase, message }) => `${release.seq} ${phase}: ${message}`)
    return `${lines.join('; ') || 'no release is open'}; last ${last}`
  }
}

const follower = { signal: new AbortController().signal, progress: () => undefined }

const pick = <One>(many: readonly One[], which: number): One => many[which % many.length] as One

const manifest = (spec: string): string => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  ${spec}
`
