// Looks again until what is seen is as expected, or the deadline passes: then it fails with what was seen last.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Patience {
  /** Milliseconds. */
  readonly within: number
  readonly every?: number
  readonly wait?: (milliseconds: number) => Promise<unknown>
}

export async function eventually<Seen>(
  look: () => Promise<Seen>,
  expect: (seen: Seen) => void,
  { within, every = 50, wait = sleep }: Patience,
): Promise<Seen> {
  let refused: unknown
  for (let waited = 0; waited <= within; waited += every) {
    const seen = await look()
    try {
      expect(seen)
      return seen
    } catch (error) {
      refused = error
    }
    await wait(every)
  }
  throw refused
}
