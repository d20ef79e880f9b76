// What every sink must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NoAnswer } from '../../domain/no-answer.ts'
import { eventsOf } from '../../platform/events/transition.ts'
import type { CloudEvent, Sink } from '../../platform/platform.ts'
import { promoted } from '../platform/events/release.ts'

export interface SinkSetup {
  readonly sink: Sink
  /** How the next event is answered. */
  readonly next: (answer: 'away' | 'refuses') => void
  /** What the other side knows, each event once, in the order in which it first came. */
  readonly taken: () => readonly CloudEvent[]
  readonly close: () => Promise<void>
}

export function sinkContract(name: string, make: () => Promise<SinkSetup>): void {
  describe(`sink: ${name}`, () => {
    let setup: SinkSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const events = eventsOf(promoted)
    const [first, second, third] = events as readonly [CloudEvent, CloudEvent, CloudEvent]

    test('takes an event as it is, once however often it is sent', async () => {
      await setup.sink.send(first)
      await setup.sink.send(first)
      expect(setup.taken()).toEqual([first])
    })

    test('that is away may take it another time', async () => {
      setup.next('away')
      await expect(setup.sink.send(second)).rejects.toBeInstanceOf(NoAnswer)
      await setup.sink.send(second)
      expect(setup.taken()).toEqual([first, second])
    })

    test('that refuses an event says so for good, and takes the next', async () => {
      setup.next('refuses')
      await expect(setup.sink.send(third)).rejects.toMatchObject({
        name: 'PermanentFailure',
        reason: 'Invalid',
      })
      for (const event of events.slice(3)) await setup.sink.send(event)
      expect(setup.taken()).toEqual(events.filter((event) => event !== third))
    })
  })
}
