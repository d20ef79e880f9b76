// A watch lets the weight rise, and before it does something keeps it from that: it stays, and is watched on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { Revision } from '../../domain/revision.ts'
import { manifestOf, rampOf, type Stage, stableStage, until } from './stage.ts'
import { realServer, type Temporal } from './temporal.ts'

let temporal: Temporal
beforeAll(async () => {
  temporal = await realServer()
})
afterAll(() => temporal?.close())

const minute = 60_000
// What a gate ahead asks for, canaries without weight are shown on the route for.
const shown = 'gates: [{before: promotion, hook: {url: "https://example.com/ask"}, timeout: 24h}]'
const manifests: Record<string, (more: string) => string> = {
  'fixed objectives': (more) => manifestOf(`analysis: {thresholds: {requests: 20, looks: 3}}\n${more}`),
  'listed steps': (more) => manifestOf(`${shown}\n${more}`),
  'the ramp': (more) => rampOf('5s').replace('bake:', more === '' ? 'bake:' : `${more}, bake:`),
}
const manifestFor = (judge: string, more = ''): string => manifests[judge]?.(more) ?? ''

const waits = (stage: Stage, sha: string, what: string) =>
  stage.release(sha, ({ waiting }) => waiting?.for === what)

describe('a time without rises that begins when the watch is over', () => {
  it.each([
    { judge: 'fixed objectives', share: 100 },
    { judge: 'fixed objectives', share: 500 },
    { judge: 'listed steps', share: 0 },
    { judge: 'listed steps', share: 500 },
    { judge: 'the ramp', share: 1 },
    { judge: 'the ramp', share: 950 },
  ])('holds the canary of $judge that has $share thousandths or more', async ({ judge, share }) => {
    const { stage } = await stableStage(temporal)
    const { from, end, held, windows } = freezeAt(stage, share)
    const sha = await stage.push({}, manifestFor(judge, windows))
    const { weight, transitions } = await waits(stage, sha, 'window')
    expect(weight).toBe(held.at)
    expect(transitions.at(-1)?.message).toContain('the freeze night lasts until')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    const given = givenTo(stage, sha)
    const during = given.filter(({ at }) => at >= from && at < end)
    expect(during.filter((one) => one.weight > weight)).toEqual([])
    expect(given.find(({ at }) => at >= end)?.weight).toBeGreaterThan(weight)
    await stage.close({ serves: sha })
  })

  it('does not keep a canary that turns bad', async () => {
    const { stage, first } = await stableStage(temporal)
    const { from, end, windows } = freezeAt(stage, 100)
    const sha = stage.commit({}, manifestOf(windows))
    stage.hooks.push(({ verb, at }) => {
      if (verb === 'metrics.counters' && at > from) stage.world.plan(sha, { errors: 0.5 })
    })
    await stage.say(sha)
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(stage.weightsOf(sha)).toEqual([100, 0])
    expect(givenTo(stage, sha).at(-1)?.at).toBeLessThan(end)
    await stage.close({ serves: first })
  })
})

describe('a freeze of the App that arrives when the watch is over', () => {
  it.each(['fixed objectives', 'the ramp'])('holds the canary of %s', async (judge) => {
    const { stage } = await stableStage(temporal)
    // The watch has seen enough, and still tells what it saw.
    const letGo = holdReports(stage, ({ evidence }) => evidence !== undefined)
    const sha = await stage.push({}, manifestFor(judge))
    const looks = () => stage.world.calls.filter(({ verb }) => verb === 'metrics.counters').length
    await stage.release(sha, ({ phase }) => phase === 'deploying')
    await until(
      () => (stage.served()[sha] ?? 0) > 0,
      () => 'it was given nothing',
    )
    await settled(looks)
    const [weight, given, looked] = [stage.served()[sha], stage.weightsOf(sha), looks()]
    await stage.askApp('freeze', { reason: 'holidays' })
    letGo()
    await until(
      () => looks() > looked,
      () => 'it is not watched on',
    )
    expect(await waits(stage, sha, 'unfreeze')).toMatchObject({ weight })
    expect(stage.weightsOf(sha)).toEqual(given)
    await stage.askApp('unfreeze')
    expect(await stage.ended(sha)).toMatchObject({ outcome: 'promoted' })
    await stage.close({ serves: sha })
  })
})

/** What the gateway was told to give the commit's revision, and when. */
const givenTo = ({ world, app }: Stage, sha: string) =>
  world.gateway.writes(app).map(({ at, weights }) => ({
    at,
    weight: weights.find(({ revision }) => revision.includes(sha.slice(0, 7)))?.weight ?? 0,
  }))

/**
 * Ten minutes without a rise. They begin when a canary that has so many thousandths is about to get more: its watch is over, and its
 * pods are looked at.
 */
function freezeAt({ world, app, hooks }: Stage, share: number) {
  const from = Math.ceil(world.clock.now() / minute + 60) * minute
  const end = from + 10 * minute
  const held = { at: -1 }
  hooks.push(async ({ verb, arguments: [revision] }) => {
    if (held.at >= 0 || verb !== 'deploy.readiness') return
    const { name } = revision as Revision
    const weight = world.gateway.serves(app)?.find((one) => one.revision === name)?.weight ?? -1
    if (weight < share || name === world.gateway.route(app)?.stable) return
    held.at = weight
    await world.clock.sleep(from + 1_000 - world.clock.now())
  })
  const moment = (at: number) => new Date(at).toISOString().slice(0, 16)
  const freezes = `[{name: night, from: ${moment(from)}, until: ${moment(end)}}]`
  return { from, end, held, windows: `windows: {timeZone: UTC, freezes: ${freezes}}` }
}

/** Holds the reports that satisfy, until the function that it gives back is called. */
function holdReports(stage: Stage, satisfies: (status: ReleaseStatus) => boolean): () => void {
  let letGo = () => {}
  const gone = new Promise<void>((resolve) => {
    letGo = resolve
  })
  stage.hooks.push(async ({ verb, arguments: [status] }) => {
    if (verb === 'report.release' && satisfies(status as ReleaseStatus)) await gone
  })
  return letGo
}

/** Resolves when the number has not changed for half a second. */
async function settled(number: () => number): Promise<void> {
  let [last, since] = [number(), Date.now()]
  await until(
    () => {
      if (number() !== last) [last, since] = [number(), Date.now()]
      return Date.now() - since > 500
    },
    () => 'it goes on',
  )
}
