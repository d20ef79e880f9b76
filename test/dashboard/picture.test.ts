// Where the line of a release's weight runs.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picture, size } from '../../dashboard/picture.ts'
import type { Transition } from '../../domain/release.ts'
import { aRelease, evidence, moved, start } from '../platform/forge/status.ts'

const drawn = (transitions: readonly Transition[], lasted = 100_000, finished = true) => {
  const startedAt = start
  const finishedAt = start + lasted
  const release = aRelease(7, { transitions, startedAt, ...(finished && { finishedAt }) })
  return picture(release, finishedAt)
}

test('a release without traffic has none', () => {
  expect(drawn([])).toBeUndefined()
  expect(drawn([moved('building', 0, 'building', 1_000)])).toBeUndefined()
})

test('steps up and back, from the last moment without traffic to the end', () => {
  const seen = drawn([
    moved('building', 0, 'building', 1_000),
    moved('deploying', 0, 'starting', 20_000),
    moved('rolling-out', 100, 'climbs', 40_000),
    moved('rolling-out', 500, 'climbs', 60_000),
    moved('rolling-back', 0, 'returns', 80_000),
  ])
  expect(seen).toMatchObject({
    from: start + 20_000,
    to: start + 100_000,
    top: 500,
    line: 'M0 250H250V200H500V0H750V250H1000',
    area: 'M0 250H250V200H500V0H750V250H1000V250H0Z',
    words:
      "The canary's weight over 1m20s: 0% from 00:00:20, 10% from 00:00:40, 50% from 00:01:00, 0% from 00:01:20 UTC.",
  })
})

test('a weight is held from when the gateway served it', () => {
  const verdict = { ...moved('rolling-out', 0, 'ready', 50_000), evidence: evidence() }
  expect(drawn([verdict, moved('rolling-out', 1000, 'served', 75_000)], 100_000)?.line).toBe(
    'M0 250H750V0H1000',
  )
})

test('goes on to this moment while the release does', () => {
  const climbing = [moved('deploying', 0, 'starting', 0), moved('rolling-out', 10, 'climbs', 50_000)]
  expect(drawn(climbing, 100_000, false)).toMatchObject({ to: start + 100_000, top: 20 })
})

test('whatever the history, every point lies inside, and time runs to the right', () => {
  const step = fc.record({
    after: fc.nat({ max: 1_000_000 }),
    weight: fc.nat({ max: 1000 }),
    judged: fc.boolean(),
  })
  const check = (steps: readonly { after: number; weight: number; judged: boolean }[], lasted: number) => {
    const transitions = steps
      .toSorted((a, b) => a.after - b.after)
      .map(({ after, weight, judged }) => ({
        ...moved('rolling-out', weight, 'moves', after),
        ...(judged && { evidence: evidence() }),
      }))
    const seen = drawn(transitions, lasted)
    if (!seen) return
    const xs = [...seen.line.matchAll(/[MH]([\d.e-]+)/g)].map(([, x]) => Number(x))
    const ys = [...seen.line.matchAll(/(?:V|M\S+ )([\d.e-]+)/g)].map(([, y]) => Number(y))
    expect(xs.every((x, index) => x >= (xs[index - 1] ?? 0) && x <= size.width)).toBe(true)
    expect(ys.every((y) => y >= 0 && y <= size.height)).toBe(true)
    expect(seen.line).not.toMatch(/NaN|Infinity/)
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 20 }), fc.nat({ max: 2_000_000 }), check))
})
