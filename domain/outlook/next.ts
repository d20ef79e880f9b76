// What becomes of a push at this moment: it begins, waits, takes another's place, or nothing happens.
import type { Phase, ReleaseRef, ReleaseStatus } from '../release.ts'
import { releaseName } from '../release.ts'
import type { ReleaseSpec } from '../release-spec.ts'

export interface Next {
  readonly kind: 'begins' | 'supersedes' | 'waits' | 'nothing'
  /** One sentence for people. */
  readonly why: string
  /** The release that runs now, when one does. */
  readonly active?: string
}

/** What the App does at this moment. */
export interface Busy {
  readonly active?: {
    readonly release: ReleaseRef
    readonly phase: Phase
    /** Whether it has had traffic. */
    readonly served: boolean
  }
  /** The commit that comes after the active release. */
  readonly waiting?: string
  readonly frozen?: { readonly by: string; readonly reason: string }
  /** Commits that are not tried again by themselves. */
  readonly rejected: readonly string[]
  /** The commit that holds the traffic. */
  readonly stable?: string
}

/** From what the cluster remembers of the App and of its releases, newest first. */
export function busyOf(
  app: Partial<Pick<Busy, 'waiting' | 'frozen' | 'rejected'>> | undefined,
  releases: readonly Pick<ReleaseStatus, 'release' | 'phase' | 'outcome' | 'weight' | 'transitions'>[],
): Omit<Busy, 'stable'> {
  const active = releases.find(({ outcome }) => outcome === undefined)
  const served = active?.transitions.some(({ weight }) => weight > 0) || (active?.weight ?? 0) > 0
  return {
    ...(active && { active: { release: active.release, phase: active.phase, served } }),
    ...(app?.waiting && { waiting: app.waiting }),
    ...(app?.frozen && { frozen: app.frozen }),
    rejected: app?.rejected ?? [],
  }
}

/** As the App's workflow would decide if the push came now. `sha` is a commit or its beginning; absent: a new one. */
export function nextOf(
  { active, waiting, frozen, rejected, stable }: Busy,
  supersede: ReleaseSpec['supersede'],
  sha: string | undefined,
): Next {
  const is = (other: string | undefined) => sha !== undefined && other?.startsWith(sha) === true
  const short = sha?.slice(0, 7)
  if (active && is(active.release.sha))
    return {
      kind: 'nothing',
      why: `${short} is being released as ${releaseName(active.release)}`,
      active: releaseName(active.release),
    }
  if (rejected.some(is))
    return {
      kind: 'nothing',
      why: `a release of ${short} ended badly, and it is not tried again until: slipway retry`,
    }
  if (!active && is(stable)) return { kind: 'nothing', why: `${short} holds the traffic already` }
  const instead =
    waiting === undefined || is(waiting) ? '' : `, in place of ${waiting.slice(0, 7)} that waits`
  if (active && active.release.sha === stable)
    return { ...after(active, instead), active: releaseName(active.release) }
  if (active) return { ...beside(active, supersede, instead), active: releaseName(active.release) }
  if (frozen) {
    const why = `the App is frozen by ${frozen.by}${frozen.reason && `: ${frozen.reason}`}`
    return { kind: 'waits', why: `${why}; it begins when the App is unfrozen${instead}` }
  }
  return { kind: 'begins', why: 'nothing else is released now: it begins at once' }
}

/** What the route returns to is not taken back any more: a first release that is watched, or one that has been promoted. */
const after = ({ release, phase }: NonNullable<Busy['active']>, instead: string): Next => ({
  kind: 'waits',
  why: `${releaseName(release)} is ${phase} and keeps the traffic: it begins as soon as that has ended${instead}`,
})

/** One release at a time: the file of the newer push says what becomes of the running one. */
function beside(
  { release, phase, served }: NonNullable<Busy['active']>,
  supersede: ReleaseSpec['supersede'],
  instead: string,
): Next {
  const name = releaseName(release)
  if (supersede === 'queue')
    return { kind: 'waits', why: `supersede: queue; it waits for ${name}, which is ${phase}${instead}` }
  if (supersede === 'cancel' && served)
    return {
      kind: 'waits',
      why: `supersede: cancel; ${name} has had traffic already, so it is waited for${instead}`,
    }
  const back = served ? 'all traffic goes back to the stable revision first' : 'it has had no traffic yet'
  return {
    kind: 'supersedes',
    why: `supersede: ${supersede}; it takes the place of ${name}, which is ${phase}: ${back}${instead}`,
  }
}
