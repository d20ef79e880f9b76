// What went wrong, in the words of the code that failed: Temporal wraps it, people need not see the wrapping.
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow'

export interface Failure {
  /** A `FailureReason`, or one of the workflows' own. */
  readonly reason: string
  readonly message: string
  /** Plain data for people: a log's tail. */
  readonly detail: string | undefined
}

export function failureOf(error: unknown): Failure {
  const inner = unwrapped(error)
  const message = inner instanceof Error ? inner.message : String(inner)
  if (!(inner instanceof ApplicationFailure)) return { reason: 'Unexpected', message, detail: undefined }
  const [detail] = inner.details ?? []
  return {
    reason: inner.type ?? 'Unexpected',
    message,
    detail: typeof detail === 'string' ? detail : undefined,
  }
}

function unwrapped(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure
  return wraps && error.cause ? unwrapped(error.cause) : error
}
