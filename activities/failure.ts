// What a driver calls permanent, Temporal must not try again, and what is limited only later: the one place where the two vocabularies meet.
import { ApplicationFailure } from '@temporalio/common'
import { type FailureReason, PermanentFailure, RateLimited } from '../domain/failure.ts'
import { NoAnswer } from '../domain/no-answer.ts'

type Verb = (...given: never[]) => Promise<unknown>

/**
 * The same verbs; a `PermanentFailure` leaves them as a failure that is not retried, of the type of its reason, and what the
 * other side named a time for as one that is retried when that has come.
 */
export function translated<Verbs extends Record<string, Verb>>(verbs: Verbs): Verbs {
  const entries = Object.entries(verbs).map(([name, verb]) => [name, translatedVerb(verb)])
  return Object.fromEntries(entries)
}

const translatedVerb =
  (verb: Verb): Verb =>
  async (...given) => {
    try {
      return await verb(...given)
    } catch (error) {
      if (error instanceof PermanentFailure) throw permanent(error)
      if (error instanceof RateLimited) throw later(error, error.retryAfter)
      if (error instanceof NoAnswer && error.after !== undefined) throw later(error, error.after)
      throw error
    }
  }

const permanent = ({ message, reason, detail }: PermanentFailure) =>
  ApplicationFailure.nonRetryable(message, reason, ...(detail === undefined ? [] : [detail]))

const later = ({ message, name: type }: Error, nextRetryDelay: number) =>
  ApplicationFailure.create({ message, type, nextRetryDelay })

/** For verbs that never give up: every failure is tried again, but for the reasons named. */
export async function relentlessly<Result>(
  but: readonly FailureReason[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PermanentFailure) || but.includes(error.reason)) throw error
    throw ApplicationFailure.retryable(error.message, error.reason)
  }
}
