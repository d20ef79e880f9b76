// What no key can know by itself: values that are fine each alone and make no sense together.
import type { AppSpec } from './app.ts'
import { formatDuration, formatPoints, formatWeight } from './notation.ts'
import type { ReleaseSpec } from './release-spec.ts'

export interface Contradiction {
  /** The keys that do not go together, from the file's root; the first that was written is where it is told. */
  readonly between: readonly (readonly string[])[]
  readonly reason: string
}

/** Whether a key below `spec.release` was written, as opposed to filled in. */
type Said = (key: string) => boolean

export function contradictions({ release }: AppSpec, said: Said): readonly Contradiction[] {
  return release.analysis.thresholds ? withThresholds(release, said) : withStatistics(release, said)
}

function withThresholds({ steps, analysis }: ReleaseSpec, said: Said): Contradiction[] {
  const others = Object.keys(analysis).filter((key) => key !== 'thresholds')
  return [
    ...contradiction(
      steps === 'auto',
      ['analysis.thresholds', 'steps'],
      'fixed thresholds cannot say how far to go; give spec.release.steps, like [5, 25, 50, 100], or remove thresholds',
    ),
    ...ignored(
      others.map((key) => `analysis.${key}`),
      said,
      'would be ignored: with thresholds the fixed objectives alone decide; remove it, or remove thresholds',
    ),
  ]
}

const withStatistics = (release: ReleaseSpec, said: Said): Contradiction[] => [
  ...perfection(release),
  ...margins(release),
  ...(release.steps === 'auto'
    ? [...weights(release), ...times(release)]
    : ignored(rampOnly, said, ignoredByLists)),
]

/** What only the ramp asks for: a list says itself how far to go, and when. */
const rampOnly = ['risk', 'weight.unprovenMax', 'weight.min', 'deadline', 'onDeadline'].map(
  (key) => `analysis.${key}`,
)
const ignoredByLists =
  'would be ignored: the listed steps say how far to go and when; remove it, or give steps: auto'

/** An objective of 100 % makes each bad answer a proof, so no rate of false rollbacks could be stated. */
function perfection({ objectives }: ReleaseSpec): Contradiction[] {
  const because =
    'is not an objective that can be tested: the first chance failure would be proof of harm; give what you would accept, like 99.99%, or choose thresholds'
  return [
    ...contradiction(objectives.success === 1, ['objectives.success'], `100% ${because}`),
    ...contradiction(objectives.latency?.share === 1, ['objectives.latency.for'], `100% ${because}`),
  ]
}

function margins({ analysis: { promoteWithin, tolerance } }: ReleaseSpec): Contradiction[] {
  const [margin, tolerated] = [formatPoints(promoteWithin), formatPoints(tolerance.errors)]
  return contradiction(
    promoteWithin <= tolerance.errors,
    ['analysis.promoteWithin', 'analysis.tolerance.errors'],
    `promoteWithin ${margin} is not above tolerance.errors ${tolerated}: a canary that is as much worse as is tolerated could never be proven safe; raise promoteWithin or lower tolerance.errors`,
  )
}

function weights({ analysis: { weight } }: ReleaseSpec): Contradiction[] {
  const { unprovenMax, verify, holdback, min } = weight
  const say = formatWeight
  return [
    ...contradiction(
      unprovenMax < verify,
      ['analysis.weight.unprovenMax', 'analysis.weight.verify'],
      `unprovenMax ${say(unprovenMax)} is below verify ${say(verify)}: a doubt would raise the weight; raise unprovenMax or lower verify`,
    ),
    ...contradiction(
      unprovenMax > 1000 - holdback,
      ['analysis.weight.unprovenMax', 'analysis.weight.holdback'],
      `unprovenMax ${say(unprovenMax)} leaves stable less than holdback ${say(holdback)}: a proof would lower the weight; lower unprovenMax to at most ${say(1000 - holdback)}, or lower holdback`,
    ),
    ...contradiction(
      min > unprovenMax,
      ['analysis.weight.min', 'analysis.weight.unprovenMax'],
      `min ${say(min)} is above unprovenMax ${say(unprovenMax)}: no weight would be allowed; lower min or raise unprovenMax`,
    ),
    ...contradiction(
      min > verify && min <= unprovenMax,
      ['analysis.weight.min', 'analysis.weight.verify'],
      `min ${say(min)} is above verify ${say(verify)}: a doubt would be verified below the least weight; lower min or raise verify`,
    ),
  ]
}

function times({ analysis: { deadline, maxDuration } }: ReleaseSpec): Contradiction[] {
  return contradiction(
    deadline > maxDuration,
    ['analysis.deadline', 'analysis.maxDuration'],
    `deadline ${formatDuration(deadline)} is after maxDuration ${formatDuration(maxDuration)}: the watch would end before the canary is due; lower deadline or raise maxDuration`,
  )
}

const ignored = (keys: readonly string[], said: Said, reason: string): Contradiction[] =>
  keys.filter(said).flatMap((key) => contradiction(true, [key], reason))

const contradiction = (holds: boolean, keys: readonly string[], reason: string): Contradiction[] =>
  holds ? [{ between: keys.map((key) => ['spec', 'release', ...key.split('.')]), reason }] : []
