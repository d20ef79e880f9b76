// What people want to know of a release beside its weight: who wanted it, what it costs meanwhile, what took its place.
import { wantedBy } from '../domain/wanted.ts'
import type { ReleaseView } from './cluster.ts'

/** What the release needs beside the stable revision while it lasts. */
export const surgeLine = ({ pods, cpu, memory }: NonNullable<ReleaseView['surge']>): string =>
  `up to ${pods} pod${pods === 1 ? '' : 's'} more: ${cpu} processors, ${memory} of memory`

/** What is worth a line where space is short: that it is no plain push, what runs beside stable while it lasts, what came after it. */
export function asides(release: ReleaseView): readonly (readonly [string, string])[] {
  const { cause = 'push', by, surge, outcome, supersededBy } = release
  return [
    ...(cause !== 'push' || by ? [['who', wantedBy(release)] as const] : []),
    ...(surge && !outcome ? [['beside', surgeLine(surge)] as const] : []),
    ...(supersededBy ? [['newer', supersededBy] as const] : []),
  ]
}
