// Why something failed, in the words of whatever failed first: `fetch failed` tells nobody anything.

/** Of several causes at once, such as a name's addresses that all refuse, each is told once. */
export function deepestCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0)
    return [...new Set(error.errors.map(deepestCause))].join(', ')
  return error.cause instanceof Error ? deepestCause(error.cause) : error.message || String(error)
}
