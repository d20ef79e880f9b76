// The queue: every key once at a time, failures again, a few at once.
import { expect, test, vi } from 'vitest'
import { queue } from '../../api/queue.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { silent } from './support.ts'

const pause = { first: 5, longest: 20 }
const gate = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('a key that is added while it runs runs once more, however often it was added', async () => {
  const { open, opened } = gate()
  const runs: string[] = []
  let most = 0
  let now = 0
  const work = queue({
    name: 'test',
    log: silent,
    handle: async (key) => {
      now += 1
      most = Math.max(most, now)
      runs.push(key)
      await opened
      now -= 1
    },
  })
  for (let n = 0; n < 10; n += 1) work.add('a')
  open()
  await vi.waitFor(() => expect(runs).toEqual(['a', 'a']))
  expect(most).toBe(1)
})

test('no more run at once than allowed', async () => {
  const { open, opened } = gate()
  const runs: string[] = []
  const handle = async (key: string) => {
    runs.push(key)
    await opened
  }
  const work = queue({ name: 'test', log: silent, atOnce: 3, handle })
  for (const key of 'abcdef') work.add(key)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(runs).toEqual(['a', 'b', 'c'])
  open()
  await vi.waitFor(() => expect(runs).toHaveLength(6))
})

test('what fails is tried again until it succeeds, and does not hold up the others', async () => {
  const runs: string[] = []
  const handle = async (key: string) => {
    runs.push(key)
    if (key === 'bad' && runs.filter((one) => one === 'bad').length < 4) throw new Error('not yet')
  }
  const work = queue({ name: 'test', log: silent, pause, handle })
  work.add('bad')
  work.add('good')
  await vi.waitFor(() => expect(runs.filter((one) => one === 'bad')).toHaveLength(4))
  expect(runs.slice(0, 2)).toEqual(['bad', 'good'])
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(runs).toHaveLength(5)
})

test('once stopped nothing runs', async () => {
  const runs: string[] = []
  const handle = async (key: string) => {
    runs.push(key)
    throw new Error('never')
  }
  const work = queue({ name: 'test', log: silent, pause, handle })
  work.add('a')
  await vi.waitFor(() => expect(runs.length).toBeGreaterThan(1))
  work.stop()
  const before = runs.length
  work.add('b')
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(runs.length).toBe(before)
})

test('what fails time after time is given up, until it is asked for again', async () => {
  let runs = 0
  const handle = async () => {
    runs += 1
    throw new Error('never')
  }
  const work = queue({ name: 'test', log: silent, tries: 3, pause: { first: 1, longest: 2 }, handle })
  work.add('a')
  await vi.waitFor(() => expect(runs).toBe(3))
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(runs).toBe(3)
  work.add('a')
  await vi.waitFor(() => expect(runs).toBe(6))
})

test('what fails for good is given up at once', async () => {
  let runs = 0
  const handle = async () => {
    runs += 1
    throw new PermanentFailure('Forbidden', 'not granted')
  }
  const work = queue({ name: 'test', log: silent, pause: { first: 1, longest: 2 }, handle })
  work.add('a')
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(runs).toBe(1)
})
