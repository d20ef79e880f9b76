// Whether a release still owns the traffic that it watches.
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { ownership } from '../../activities/ownership.ts'
import type { RouteState } from '../../domain/route.ts'

const release = { app: { namespace: 'default', name: 'shop' }, seq: 7, sha: 'a'.repeat(40) }
const at = (seq: number, note?: string): RouteState => ({
  hosts: [],
  weights: [{ revision: 'shop-9a8b7c6-cd34', weight: 1000 }],
  epoch: { seq, n: 0 },
  stable: 'shop-9a8b7c6-cd34',
  ...(note && { note }),
})

/** Asks at these seconds; what the route says then, and how often it was read. */
async function asked(seconds: readonly number[], route: (second: number) => RouteState | undefined) {
  let now = 0
  let reads = 0
  const read = async () => {
    reads += 1
    return route(now / 1000)
  }
  const owned = ownership({ read }, { now: () => now }, { release })
  const all = async () => {
    for (const second of seconds) {
      now = second * 1000
      await owned()
    }
  }
  const failure = await new MockActivityEnvironment().run(all).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { failure, reads }
}

it('is asked at once, and seldom after', async () => {
  const seconds = Array.from({ length: 60 }, (_, second) => second)
  expect(await asked(seconds, () => at(7))).toEqual({ failure: undefined, reads: 4 })
})

it('ends with the words of who took it by hand', async () => {
  const { failure } = await asked([0, 5, 15], (second) =>
    at(second < 5 ? 7 : 8, 'aborted by bo: prices are wrong'),
  )
  expect(failure).toMatchObject({ reason: 'Fenced', detail: 'aborted by bo: prices are wrong' })
})

it('stays while the route is an older release’s, is gone, or cannot be read', async () => {
  expect(await asked([0], () => at(6))).toMatchObject({ failure: undefined })
  expect(await asked([0], () => undefined)).toMatchObject({ failure: undefined })
  const unreadable = () => {
    throw new Error('the API server is away')
  }
  expect(await asked([0, 15], unreadable)).toEqual({ failure: undefined, reads: 2 })
})
