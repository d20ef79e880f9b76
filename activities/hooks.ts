// Asks another program at a gate: as often as the gate allows, in the time that it has.
import { Context } from '@temporalio/activity'
import { formatDuration } from '../domain/duration.ts'
import { NoAnswer } from '../domain/no-answer.ts'
import type { HookAnswer, HookQuestion, Platform } from '../platform/platform.ts'
import { alive, type Clock } from './clock.ts'

/** What is asked at a gate. */
export type HookAsked = HookQuestion

/** What a gate is told. */
export interface HookAnswered extends HookAnswer {
  /** Nobody answered, in all tries or in time: the gate's `otherwise` decides. */
  readonly silent?: true
}

/** What a heartbeat carries: the try that goes on, so that a worker's end is not one of them. */
interface Beat {
  readonly tries: number
  readonly said: string
}

export function hookVerbs({ hooks }: Pick<Platform, 'hooks'>, clock: Clock) {
  return {
    async askHook(question: HookAsked): Promise<HookAnswered> {
      const { timeout } = question.gate
      const until = Context.current().info.scheduledTimestampMs + timeout
      const answer = await alive<HookAnswered | undefined, Beat>((say) =>
        untilThen(clock, until, (signal) => askInTries(hooks, clock, question, { signal, say })),
      )
      return answer ?? { passed: false, silent: true, message: `no answer in ${formatDuration(timeout)}` }
    },
  }
}

interface Follow {
  readonly signal: AbortSignal
  readonly say: (beat: Beat) => void
}

async function askInTries(
  hooks: Platform['hooks'],
  clock: Clock,
  question: HookQuestion,
  { signal, say }: Follow,
): Promise<HookAnswered> {
  const { heartbeatDetails } = Context.current().info
  const most = question.gate.retries + 1
  for (let tries = (heartbeatDetails as Beat | undefined)?.tries ?? 1; ; tries += 1) {
    const progress = (said: string) => say({ tries, said })
    progress('asks')
    try {
      return await hooks.ask(question, { signal, progress })
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      if (tries >= most) return { passed: false, silent: true, message: `${error.message} (try ${tries})` }
      progress(error.message)
      await clock.sleep(Math.max(error.after ?? 0, pauseAfter(tries)), signal)
    }
  }
}

/** 2 s, 4 s, … half a minute. */
const pauseAfter = (tries: number): number => Math.min(30_000, 1000 * 2 ** tries)

/**
 * Works until a moment; undefined when that comes first. Only it and the workflow's wish end the work itself: a worker that
 * stops leaves it to whoever follows it next.
 */
async function untilThen<Result>(
  clock: Clock,
  until: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const { cancellationSignal } = Context.current()
  const left = until - clock.now()
  if (left <= 0) return undefined
  const [done, ending] = [new AbortController(), new AbortController()]
  const working = work(ending.signal)
  const end = (reason: unknown): Promise<Result> => {
    ending.abort(reason)
    return working
  }
  const late = new Error('its time is over')
  const over = clock.sleep(left, AbortSignal.any([done.signal, cancellationSignal]))
  try {
    return await Promise.race([working, over.then(() => end(late))])
  } catch (error) {
    if (error === late) return undefined
    if (Context.current().cancellationDetails?.cancelRequested) return await end(error)
    throw error
  } finally {
    done.abort()
  }
}
