// What every sink must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NoAnswer } from '../../domain/no-answer.ts'
import { eventsOf } from '../../platform/events/transition.ts'
import type { CloudEvent, Sink } from '../../platform/platform.ts'
import { promoted } from '../platform/events/release.ts'

export interface SinkSetup {
  readonly sink: Sink
  /** How the next event is answered that no answer is set for yet. */
  readonly next: (answer: 'takes' | 'away' | 'refuses') => void
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

    const all = eventsOf(promoted)
    const { transitions } = promoted
    const begun = { ...promoted, transitions: transitions.slice(0, 2) }

    test('is told what became of a release, each event once however often', async () => {
      expect(await setup.sink.tell(begun, 0)).toBe(2)
      expect(await setup.sink.tell(begun, 0)).toBe(2)
      expect(await setup.sink.tell(begun, 2)).toBe(2)
      expect(setup.taken()).toEqual(eventsOf(begun))
    })

    test('that is away may take it another time', async () => {
      setup.next('away')
      await expect(setup.sink.tell(promoted, 2)).rejects.toBeInstanceOf(NoAnswer)
      expect(setup.taken()).toEqual(eventsOf(begun))
      expect(await setup.sink.tell(promoted, 2)).toBe(transitions.length)
      expect(setup.taken()).toEqual(all)
    })

    test('that refuses one event for good is sent the others all the same', async () => {
      const release = { ...promoted.release, seq: 8 }
      const [refused, ...others] = eventsOf({ ...promoted, release })
      setup.next('refuses')
      expect(await setup.sink.tell({ ...promoted, release }, 0)).toBe(transitions.length)
      expect(setup.taken()).not.toContainEqual(refused)
      expect(setup.taken()).toEqual([...all, ...others])
    })

    test('says how far it came, and goes on from there', async () => {
      const status = { ...promoted, release: { ...promoted.release, seq: 9 } }
      const heard: number[] = []
      const progress = (told: number) => void heard.push(told)
      for (const answer of ['takes', 'takes', 'away'] as const) setup.next(answer)
      await expect(setup.sink.tell(status, 0, { progress })).rejects.toBeInstanceOf(NoAnswer)
      expect(heard).toEqual([1, 2])
      expect(await setup.sink.tell(status, 2, { progress })).toBe(transitions.length)
      expect(heard).toEqual(transitions.map((_, index) => index + 1))
      expect(setup.taken().slice(-all.length)).toEqual(eventsOf(status))
    })

    test('ends between two transitions when it is to end', async () => {
      const status = { ...promoted, release: { ...promoted.release, seq: 10 } }
      const ending = new AbortController()
      const progress = (told: number) => void (told === 2 && ending.abort(new Error('the worker stops')))
      const before = setup.taken().length
      await expect(setup.sink.tell(status, 0, { signal: ending.signal, progress })).rejects.toThrow(
        'the worker stops',
      )
      expect(setup.taken().slice(before)).toEqual(eventsOf(status).slice(0, 2))
    })
  })
}
