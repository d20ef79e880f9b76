// A sink in memory: what it took, in the order in which it first came.
import { NoAnswer } from '../../domain/no-answer.ts'
import { sinkOf } from '../events/sink.ts'
import type { CloudEvent, Sink } from '../platform.ts'

export type SinkWorld = ReturnType<typeof sinkWorld>

export const sinkWorld = () => ({
  /** By source and id. */
  taken: new Map<string, CloudEvent>(),
  /** How the next ones are answered; taken when there is nothing here. */
  answers: [] as ('takes' | 'away' | 'refuses')[],
})

export function memorySink({ taken, answers }: SinkWorld): Sink {
  return sinkOf(async (event) => {
    const answer = answers.shift()
    if (answer === 'away') throw new NoAnswer('the sink is away', { after: 100 })
    if (answer === 'refuses') return
    const key = `${event.source}#${event.id}`
    if (!taken.has(key)) taken.set(key, event)
  })
}
