// Lives one script: an App on a memory platform, where what the script says happens at the calls that it names.
import { createActivities } from '../../../activities/index.ts'
import { appKey } from '../../../domain/app.ts'
import { parseManifest } from '../../../domain/manifest.ts'
import { makePlan } from '../../../domain/plan.ts'
import { makeRevision } from '../../../domain/revision.ts'
import type { WorldCall } from '../../../platform/memory/world.ts'
import { type AppState, appStatus } from '../../../workflows/messages.ts'
import { stand } from '../standing.ts'
import { type Deeds, deeds, manifest, noCommit } from './deeds.ts'
import { type Home, makeHome } from './home.ts'
import type { House } from './house.ts'
import { mishaps } from './mishaps.ts'
import { rules } from './rules.ts'
import type { Script } from './script.ts'

/** What came of it: no violation is what is hoped for. */
export interface Lived {
  readonly script: Script
  readonly broken: readonly string[]
  /** What happened, in order, for people. */
  readonly log: readonly string[]
  /** What has called the platform since it came to rest. */
  readonly stirs: () => readonly string[]
  /** All that has called it. */
  readonly calls: () => readonly string[]
}

let lives = 0

export async function live(house: House, script: Script): Promise<Lived> {
  lives += 1
  const home = makeHome(house, script, `life-${script.seed}-${lives}`)
  const { world, log } = home
  const held = rules(home)
  const faults = mishaps(house, held.after)
  const does = deeds(home, faults)
  const story = tell(home, does)
  const first = script.begun ? await begin(home) : undefined
  held.begin()
  world.before = async (call) => {
    await story.meet(call)
    held.before(call)
  }
  house.moveIn(home.namespace, createActivities(faults.disturbed(home.platform), world.clock))

  await story.play()
  faults.end()
  const rests = await story.comeToRest()
  await faults.settled()
  if (rests) held.atRest(first)
  else held.refuse('it comes to rest', `not in time: ${unfinished(home)}`)
  for (const wrong of house.wrongs) held.refuse('workflows do not fail', wrong)
  const stirs = stirsOf(home)
  await story.sleepOn()
  const calls = () => world.calls.map(({ verb, at }) => `${at} ${verb}`)
  return { script, broken: held.broken, log, stirs, calls }
}

/** What is called from now on; what was said already may be said again. */
function stirsOf({ world, app }: Home): () => readonly string[] {
  const calls = world.calls.length
  const said = JSON.stringify(world.apps.get(appKey(app)))
  const isNew = ({ verb, arguments: [, status] }: WorldCall) =>
    verb !== 'report.app' || JSON.stringify(status) !== said
  return () =>
    world.calls
      .slice(calls)
      .filter(isNew)
      .map(({ verb }) => verb)
}

/** What serves when the life begins, as the cluster remembers it. */
async function begin({ app, source, platform, world, pushed }: Home): Promise<string> {
  const text = manifest('run: {config: [settings]}')
  const sha = world.push(source, { 'slipway.yaml': text })
  const release = { app, seq: 1, sha }
  const { commit } = await platform.source.read(source, sha, 'slipway.yaml')
  const plan = makePlan(release, commit, source, parseManifest(text, app))
  const image = await platform.build.build(plan, follower)
  const revision = makeRevision(plan, image, await platform.deploy.config(app, plan.spec.run, true))
  await stand({ platform, world }, release, revision)
  pushed.push(sha)
  await world.clock.sleep(10_000)
  return revision.name
}

const follower = { signal: new AbortController().signal, progress: () => undefined }

/** Lets the script's events happen, each in its place, and then lets everything come to its end. */
function tell({ house, script, app, source, world, known, log }: Home, does: Deeds) {
  const under: Promise<unknown>[] = []
  let over = false
  let ended = false
  let next = 0
  let countdown = script.events[0]?.after ?? 0
  let calledAt = house.now()

  /** The script's next events happen at this call. */
  async function meet({ verb }: WorldCall): Promise<void> {
    calledAt = house.now()
    if (verb.startsWith('report.') || over) return
    if (next >= script.events.length || countdown-- > 0) return
    await Promise.race([happen(verb), house.wait(300)])
  }

  function happen(at: string): Promise<unknown> {
    const event = script.events[next]
    if (!event) return Promise.resolve()
    next += 1
    countdown = script.events[next]?.after ?? 0
    log.push(`at ${at}: ${JSON.stringify(event.what)}`)
    const done = does.act(event.what).catch((error: unknown) => {
      const { message, cause } = error as Error
      log.push(`  refused: ${(cause as Error | undefined)?.message ?? message}`)
    })
    under.push(done)
    return done
  }

  async function play(): Promise<void> {
    if (house.sweepEvery !== undefined) under.push(sweepOn(house.sweepEvery))
    while (next < script.events.length) {
      await house.wait(house.quiet / 10)
      if (next === 0 || house.now() - calledAt > house.quiet) await happen('rest')
    }
  }

  async function sweepOn(every: number): Promise<void> {
    while (!ended) {
      await house.wait(every)
      await does.sweep().catch(() => undefined)
    }
  }

  /** Faults are over, and whoever waits for people is helped. */
  async function comeToRest(): Promise<boolean> {
    over = true
    world.metrics('well')
    world.gateway.visitors(app, 100)
    world.hooks.clear()
    const until = house.now() + house.restWithin
    // What others changed is put back by a sweep.
    if (house.sweepEvery !== undefined) await house.wait(2.5 * house.sweepEvery)
    // Where nobody sweeps, somebody tells of what is left.
    if (house.sweepEvery === undefined) await does.say(headOf())
    for (let turn = 1; house.now() < until; turn += 1) {
      await house.wait(house.quiet / 4)
      const isQuiet = house.now() - calledAt > house.quiet / 3
      if (isQuiet && (await isIdle())) return true
      if (turn % 8 === 0) {
        await does.help(turn / 8)
        if (house.sweepEvery === undefined) {
          await does.sweep().catch(() => undefined)
          await does.say(noCommit).catch(() => undefined)
        }
      }
    }
    return false
  }

  const headOf = () => world.repositories.get(source.repository)?.branches.get('main') ?? noCommit

  async function isIdle(): Promise<boolean> {
    const releases = world.releasesOf(app)
    const has = (sha: string) => releases.some(({ release }) => release.sha === sha)
    if (![...known.told(), headOf()].every((sha) => known.forgotten().has(sha) || has(sha))) return false
    if (releases.some(({ outcome }) => !outcome)) return false
    const state = await stateOf()
    if (!state || state.active || state.waiting || state.wanted || state.frozen) return false
    const { status, raw } = await does.appHandle().describe()
    // Between an activity's end and what follows from it there is a task of the workflow's own.
    const works = (raw.pendingActivities ?? []).length > 0 || raw.pendingWorkflowTask
    return status.name === 'RUNNING' && !works
  }

  /** Undefined when nobody answers now. */
  async function stateOf(): Promise<AppState | undefined> {
    try {
      const ask = () => does.appHandle().query(appStatus)
      return await house.client.withDeadline(Date.now() + 20_000, ask)
    } catch {
      return undefined
    }
  }

  /** A while in which nothing is to happen. */
  async function sleepOn(): Promise<void> {
    await house.wait(house.sleepOn)
    ended = true
    await Promise.all(under)
  }

  return { meet, play, comeToRest, sleepOn }
}

function unfinished({ app, world, known }: Home): string {
  const releases = world.releasesOf(app)
  const open = releases.filter(({ outcome }) => !outcome)
  const last = world.calls.slice(-5).map(({ verb }) => verb)
  const lines = open.map(({ release, phase, message }) => `${release.seq} ${phase}: ${message}`)
  const unheard = [...known.told()].filter((sha) => !releases.some(({ release }) => release.sha === sha))
  const without = unheard.map((sha) => `${sha.slice(0, 7)} has no release`)
  return `${[...lines, ...without].join('; ') || 'no release is open'}; last ${last}`
}
