// All of Slipway dead over a broken canary: what the users of the App pay for it, by their own account and the gateway's.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { counted } from './counters.ts'
import { outcomeOf, until } from './lab.ts'
import { kill, parts, start } from './parts.ts'
import { alwaysWhole, aSubject, revisionOf, type Subject, served, weightOf } from './subject.ts'

const rate = 100
const dead = 20_000
const mostHarmed = 30

const subjects: Subject[] = []
const opened = async (options: Parameters<typeof aSubject>[0]) => {
  const subject = await aSubject({ ...options, rate })
  subjects.push(subject)
  return subject
}

afterAll(async () => {
  await start(...parts)
  for (const subject of subjects) await subject.close()
})

describe('worker, API and Temporal are killed, and come back after 20 s', () => {
  test('a broken canary that has just got its first weight harms few, and is taken back', async () => {
    const subject = await opened({ name: 'orphan', release: { steps: 'auto' } })
    const sha = await subject.push({ version: 2, failing: 1 })
    await served(subject, sha, 1)
    const { weights, back } = await away(subject, sha)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'rolled-back' })
    await until('the weight to be 0', 10_000, () => (held(subject, sha) === 0 ? true : undefined))

    const { failed, versions } = subject.since(0)
    const atGateway = (await counted(subject.app))[await revisionOf(subject.app, sha)]
    console.log({ failed, atGateway, weights, back })
    expect(failed).toBeLessThanOrEqual(mostHarmed)
    expect(failed).toBe(versions['2']?.failed)
    expect(atGateway?.failed).toBe(failed)
    expect(alwaysWhole(subject)).toBe(true)
    expect(rises(subject, sha, back)).toEqual([])
  })
})

const held = ({ gateway }: Subject, sha: string): number =>
  weightOf(gateway.changes.at(-1)?.weights ?? {}, sha)

/** Everything dies and returns; what the canary held meanwhile. */
async function away(subject: Subject, sha: string) {
  kill(...parts)
  const from = Date.now()
  await sleep(dead)
  const weights = [held(subject, sha)]
  const to = Date.now()
  await start(...parts)
  return { weights, from, back: to }
}

/** The weights above the one before, that the canary was given after a moment. */
function rises({ gateway }: Subject, sha: string, after: number): readonly number[] {
  const all = gateway.changes.map(({ at, weights }) => ({ at, weight: weightOf(weights, sha) }))
  return all
    .filter(({ at, weight }, index) => at >= after && weight > (all[index - 1]?.weight ?? 0))
    .map(({ weight }) => weight)
}
