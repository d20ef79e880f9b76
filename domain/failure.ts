// A failure that another try cannot mend, and one that must wait for its time. Everything else that throws is tried again.

/** What went wrong for good; workflows list these names as non-retryable and turn them into outcomes. */
export type FailureReason =
  | 'InvalidManifest' // slipway.yaml cannot be used as it is written
  | 'NotFound' // what was asked for does not exist
  | 'Forbidden' // the outside refuses us
  | 'Invalid' // the outside refuses what we send (422)
  | 'BuildFailed' // the image cannot be built from this commit
  | 'NotReady' // the revision's pods did not become ready in time
  | 'Fenced' // something newer owns the route

export const failureReasons: readonly FailureReason[] = [
  'InvalidManifest',
  'NotFound',
  'Forbidden',
  'Invalid',
  'BuildFailed',
  'NotReady',
  'Fenced',
]

/** Thrown by the code that knows that trying again is useless. `detail` may carry plain data for people (a log's tail). */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure'
  readonly reason: FailureReason
  readonly detail: string | undefined

  constructor(reason: FailureReason, message: string, options: { cause?: unknown; detail?: string } = {}) {
    super(message, { cause: options.cause })
    this.reason = reason
    this.detail = options.detail
  }
}

/** Whether the outside refuses us for good. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof PermanentFailure && error.reason === 'Forbidden'

/** A limit of the outside is reached, or the one that we keep to stay below it. Nothing was done. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited'
  /** Milliseconds until another try makes sense. */
  readonly retryAfter: number

  constructor(what: string, retryAfter: number) {
    super(`${what}; it can be tried again in ${Math.ceil(retryAfter / 1000)} s`)
    this.retryAfter = retryAfter
  }
}
