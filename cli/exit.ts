// How the command ends: its exit codes, and the one error that carries them.

/** Stable: scripts depend on them. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  /** The release failed, was rolled back, aborted or superseded: its commit is not what serves. */
  notPromoted: 3,
  timedOut: 4,
  /** It waits for a person's approval. */
  awaitsApproval: 5,
  notFound: 6,
  denied: 7,
  /** A push of this file would be refused. */
  refused: 8,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends the command: what was tried and why it failed, then what to do about it. */
export class Exit extends Error {
  override readonly name = 'Exit'
  readonly code: ExitCode
  readonly advice: string | undefined

  constructor(code: ExitCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.advice = options.advice
  }
}
