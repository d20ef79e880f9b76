// A hook that gave no answer: neither passed nor refused. Another try may bring one.

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** Milliseconds to wait before the next try, when the other side asked for that. */
  readonly after: number | undefined

  constructor(message: string, options: { cause?: unknown; after?: number } = {}) {
    super(message, { cause: options.cause })
    this.after = options.after
  }
}
