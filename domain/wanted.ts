// Who wanted a release, in words for people.
import type { Cause, ReleaseStatus } from './release.ts'

/** `pushed by ana`. A push is its author's when nobody else is named. */
export function wantedBy({ cause = 'push', by, commit }: ReleaseStatus): string {
  const who = by ?? (cause === 'push' ? commit?.author : undefined)
  return `${wanted[cause]}${who ? ` by ${who}` : ''}`
}

const wanted: Record<Cause, string> = {
  push: 'pushed',
  retry: 'tried again',
  config: 'begun by a changed configuration',
  return: 'a return',
}
