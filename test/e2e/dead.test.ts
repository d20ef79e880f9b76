// All of Slipway dead over a canary: what the users of the App pay for it, by their own account and the gateway's.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, test } from 'vitest'
import { watchCounted } from './counters.ts'
import { outcomeOf, until } from './lab.ts'
import { kill, parts, start } from './parts.ts'
import { alwaysWhole, heldNow, revisionOf, type Subject, served, subjects, weightOf } from './subject.ts'

const dead = 20_000
/** Requests, and the seconds without a look in which the first weight may harm so many. */
const [mostHarmed, absence] = [30, 25]
/** The gateway spreads a share evenly, but not from second to second. */
const byChance = 3
/** The most that may fail from when the worker serves again to when the weight is 0. */
const afterwards = 10
/** Of the listed step's watch. */
const watched = { weight: 20, for: 20_000 }

const { opened, close } = subjects()
afterAll(async () => {
  await start(...parts)
  await close()
})

describe('worker, API and Temporal are killed, and come back after 20 s', () => {
  test('a broken canary that has just got its first weight harms few; for a good one the dead time counts for nothing', async ({
    expect,
  }) => {
    const steps = [{ weight: watched.weight, for: `${watched.for / 1000}s` }, 100]
    const [orphan, sleeper] = await Promise.all([
      opened({ name: 'orphan', release: { steps: 'auto' }, rate: 100 }),
      opened({ name: 'sleeper', release: { steps }, rate: 20 }),
    ])
    const good = await sleeper.push({ version: 2 })
    const risen = await served(sleeper, good, watched.weight * 10)
    const atGateway = watchCounted(orphan.app)
    const broken = await orphan.push({ version: 2, failing: 1 })
    await served(orphan, broken, 1)

    const from = Date.now()
    await kill(...parts)
    await sleep(dead)
    expect(heldNow(orphan, broken)).toBeGreaterThan(0)
    expect(heldNow(sleeper, good)).toBe(watched.weight * 10)
    const back = Date.now()
    await start(...parts)
    const ready = Date.now()

    expect(await outcomeOf(orphan.app, broken)).toMatchObject({ outcome: 'rolled-back' })
    await until('the weight to be 0', 10_000, () => (heldNow(orphan, broken) === 0 ? true : undefined))
    const { failed, versions } = orphan.since(0)
    expect(failed).toBeGreaterThan(0)
    // How long a machine takes to start three programs is not ours to say; what fails meanwhile, and once they serve, is.
    const untilReady = failed - orphan.since(ready).failed
    expect(untilReady).toBeLessThanOrEqual((mostHarmed / absence) * ((ready - from) / 1_000) + byChance)
    expect(orphan.since(ready).failed).toBeLessThanOrEqual(afterwards)
    expect(versions['2']?.failed).toBe(failed)
    expect((await atGateway.stop())[await revisionOf(orphan.app, broken)]?.failed).toBe(failed)
    expect(rises(orphan, broken, back)).toEqual([])

    expect(await outcomeOf(sleeper.app, good)).toMatchObject({ outcome: 'promoted' })
    const [next = 0] = risesAt(sleeper, good, risen + 1)
    expect(from - risen + (next - back)).toBeGreaterThan(watched.for - 1_000)
    expect(sleeper.since(0).failures).toEqual({})
    for (const subject of [orphan, sleeper]) expect(alwaysWhole(subject)).toBe(true)
  })
})

/** The changes, after a moment, that gave the canary more than it had before. */
function higher({ gateway }: Subject, sha: string, after: number) {
  const all = gateway.changes.map(({ at, weights }) => ({ at, weight: weightOf(weights, sha) }))
  return all.filter(({ at, weight }, index) => at >= after && weight > (all[index - 1]?.weight ?? 0))
}
const rises = (subject: Subject, sha: string, after: number) =>
  higher(subject, sha, after).map(({ weight }) => weight)
const risesAt = (subject: Subject, sha: string, after: number) =>
  higher(subject, sha, after).map(({ at }) => at)
