// Reports may overtake each other: one that was sent earlier and arrives later takes back neither an outcome, nor what happened since.
import type { ReleaseStatus } from '../../domain/release.ts'

/** What is compared; a release of which nothing is known yet has none of it. */
type Told = Partial<Pick<ReleaseStatus, 'outcome' | 'transitions'>>

/** Whether more is known of the same release than this report says. */
export const isLate = (known: Told, told: Told): boolean =>
  told.outcome === undefined && (known.outcome !== undefined || lastAt(known) > lastAt(told))

/** When the last of it happened, in milliseconds since the epoch; 0 when nothing has. */
const lastAt = ({ transitions }: Told): number => transitions?.at(-1)?.at ?? 0
