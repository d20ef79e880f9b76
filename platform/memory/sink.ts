// A sink in memory: what it took, in the order in which it first came.
import { NoAnswer } from '../../domain/no-answer.ts'
import { eventsOf, transitionsOf } from '../events/transition.ts'
import type { CloudEvent, Sink } from '../platform.ts'

export type SinkWorld = ReturnType<typeof sinkWorld>

export const sinkWorld = () => ({
  /** By source and id. */
  taken: new Map<string, CloudEvent>(),
  /** How the next ones are answered; taken when there is nothing here. */
  answers: [] as ('away' | 'refuses')[],
})

export function memorySink({ taken, answers }: SinkWorld): Sink {
  const send = (event: CloudEvent): void => {
    const answer = answers.shift()
    if (answer === 'away') throw new NoAnswer('the sink is away')
    if (answer === 'refuses') return
    const key = `${event.source}#${event.id}`
    if (!taken.has(key)) taken.set(key, event)
  }
  return {
    tell: async (status, told) => {
      for (const event of eventsOf(status, told)) send(event)
      return transitionsOf(status)
    },
  }
}
