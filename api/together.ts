// What comes while a message is on its way goes with the next one: a storm is a few messages, and each sender hears when his own is there.
export type Send<Item> = (key: string, items: readonly [Item, ...Item[]]) => Promise<void>

interface Waiting<Item> {
  readonly item: Item
  readonly arrived: () => void
  readonly failed: (error: unknown) => void
}

/**
 * One message for each key at a time, with at most so many items. When one fails, whoever waits for the next is told the same:
 * who does not take this message would keep them all waiting, each for its own deadline.
 */
export function together<Item>(send: Send<Item>, atMost: number): (key: string, item: Item) => Promise<void> {
  const lines = new Map<string, Waiting<Item>[]>()

  return (key, item) =>
    new Promise((arrived, failed) => {
      const line = lines.get(key)
      const one = { item, arrived, failed }
      if (line) line.push(one)
      else void sendAll(key, [one])
    })

  async function sendAll(key: string, line: Waiting<Item>[]): Promise<void> {
    lines.set(key, line)
    for (;;) {
      const [first, ...rest] = line.splice(0, atMost)
      if (!first) break
      try {
        await send(key, [first.item, ...rest.map(({ item }) => item)])
        for (const { arrived } of [first, ...rest]) arrived()
      } catch (error) {
        for (const { failed } of [first, ...rest, ...line.splice(0)]) failed(error)
      }
    }
    lines.delete(key)
  }
}
