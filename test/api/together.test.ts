import { expect, test } from 'vitest'
import { together } from '../../api/together.ts'

/** A message that is on its way until it is told how it ends. */
interface Message {
  readonly key: string
  readonly items: readonly number[]
  readonly arrive: () => void
  readonly fail: (error: Error) => void
}

function post(atMost = 100) {
  const messages: Message[] = []
  const send = (key: string, items: readonly number[]) =>
    new Promise<void>((arrive, fail) => void messages.push({ key, items, arrive, fail }))
  const tell = together<number>(send, atMost)
  const ends: string[] = []
  const told = (key: string, item: number) =>
    tell(key, item).then(
      () => void ends.push(`${item} arrived`),
      (error: Error) => void ends.push(`${item} ${error.message}`),
    )
  return { messages, ends, told, sent: () => messages.map(({ items }) => items) }
}

/** Until everybody who can be told has been. */
const quiet = () => new Promise((resolve) => setImmediate(resolve))

test('the first goes at once, and what comes meanwhile together', async () => {
  const { messages, ends, told, sent } = post()
  for (const item of [1, 2, 3]) void told('shop', item)
  expect(sent()).toEqual([[1]])
  messages[0]?.arrive()
  await quiet()
  expect(ends).toEqual(['1 arrived'])
  expect(sent()).toEqual([[1], [2, 3]])
  messages[1]?.arrive()
  await quiet()
  expect(ends).toEqual(['1 arrived', '2 arrived', '3 arrived'])
})

test('nobody waits for another key', () => {
  const { messages, told } = post()
  void told('shop', 1)
  void told('store', 2)
  expect(messages.map(({ key }) => key)).toEqual(['shop', 'store'])
})

test('a message carries so many and no more', async () => {
  const { messages, told, sent } = post(2)
  for (const item of [1, 2, 3, 4]) void told('shop', item)
  messages[0]?.arrive()
  await quiet()
  messages[1]?.arrive()
  await quiet()
  expect(sent()).toEqual([[1], [2, 3], [4]])
})

test('who waits behind a failure is told of it, and the next begins anew', async () => {
  const { messages, ends, told, sent } = post()
  for (const item of [1, 2, 3]) void told('shop', item)
  messages[0]?.fail(new Error('no answer'))
  await quiet()
  expect(ends).toEqual(['1 no answer', '2 no answer', '3 no answer'])
  void told('shop', 4)
  messages[1]?.arrive()
  await quiet()
  expect([sent(), ends.at(-1)]).toEqual([[[1], [4]], '4 arrived'])
})
