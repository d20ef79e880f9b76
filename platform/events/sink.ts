// A sink, made of what sends one event: one transition after the other, each said to be told once all of it is sent.
import type { CloudEvent, Sink } from '../platform.ts'
import { tellings, transitionsOf } from './transition.ts'

export const sinkOf = (send: (event: CloudEvent) => Promise<void>): Sink => ({
  tell: async (status, before, { signal, progress } = {}) => {
    for (const { events, told } of tellings(status, before)) {
      signal?.throwIfAborted()
      for (const event of events) await send(event)
      progress?.(told)
    }
    return transitionsOf(status)
  },
})
