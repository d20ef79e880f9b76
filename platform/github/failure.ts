// What GitHub can answer in place of what it was asked for. No message holds a token, a key or a signature.

/** It refuses what was asked; another try may do, once somebody changed something. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  /** GitHub's own words. */
  readonly said: string

  constructor(message: string, answer: { readonly status: number; readonly said: string }) {
    super(message)
    this.status = answer.status
    this.said = answer.said
  }
}

/** GitHub's words for a permission that is missing. */
export const notPermitted = /not accessible by integration/i

/** The App may not do this in this repository: a permission was not asked for, or not granted. */
export const isNotPermitted = (error: unknown): boolean =>
  error instanceof Refused && error.status === 403 && notPermitted.test(error.said)
