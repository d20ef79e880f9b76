// What the judge's own parameters must not say together.

import { formatDuration } from '../duration.ts'
import { formatWeight } from '../figures.ts'
import { formatPoints } from '../notation.ts'
import type { ReleaseSpec } from '../release-spec.ts'
import { type Contradiction, contradiction, ignored, type Said } from './contradiction.ts'

/** In a canary: the other strategies do not compare. */
export const inAnalysis = (release: ReleaseSpec, said: Said): Contradiction[] =>
  release.analysis.thresholds ? withThresholds(release, said) : withStatistics(release, said)

function withThresholds({ steps, analysis }: ReleaseSpec, said: Said): Contradiction[] {
  const others = Object.keys(analysis).filter((key) => key !== 'thresholds')
  return [
    ...contradiction(
      steps === 'auto',
      ['release.analysis.thresholds', 'release.steps'],
      'fixed thresholds cannot say how far to go; give spec.release.steps, like [5, 25, 50, 100], or remove thresholds',
    ),
    ...ignored(
      others.map((key) => `release.analysis.${key}`),
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
  (key) => `release.analysis.${key}`,
)
const ignoredByLists =
  'would be ignored: the listed steps say how far to go and when; remove it, or give steps: auto'

/** An objective of 100 % makes each bad answer a proof, so no rate of false rollbacks could be stated. */
function perfection({ objectives }: ReleaseSpec): Contradiction[] {
  const because =
    'is not an objective that can be tested: the first chance failure would be proof of harm; give what you would accept, like 99.99%, or choose thresholds'
  return [
    ...contradiction(objectives.success === 1, ['release.objectives.success'], `100% ${because}`),
    ...contradiction(objectives.latency?.share === 1, ['release.objectives.latency.for'], `100% ${because}`),
  ]
}

function margins({ analysis: { promoteWithin, tolerance } }: ReleaseSpec): Contradiction[] {
  const [margin, tolerated] = [formatPoints(promoteWithin), formatPoints(tolerance.errors)]
  return contradiction(
    promoteWithin <= tolerance.errors,
    ['release.analysis.promoteWithin', 'release.analysis.tolerance.errors'],
    `promoteWithin ${margin} is not above tolerance.errors ${tolerated}: a canary that is as much worse as is tolerated could never be proven safe; raise promoteWithin or lower tolerance.errors`,
  )
}

function weights({ analysis: { weight } }: ReleaseSpec): Contradiction[] {
  const { unprovenMax, verify, holdback, min } = weight
  const say = formatWeight
  return [
    ...contradiction(
      unprovenMax < verify,
      ['release.analysis.weight.unprovenMax', 'release.analysis.weight.verify'],
      `unprovenMax ${say(unprovenMax)} is below verify ${say(verify)}: a doubt would raise the weight; raise unprovenMax or lower verify`,
    ),
    ...contradiction(
      unprovenMax > 1000 - holdback,
      ['release.analysis.weight.unprovenMax', 'release.analysis.weight.holdback'],
      `unprovenMax ${say(unprovenMax)} leaves stable less than holdback ${say(holdback)}: a proof would lower the weight; lower unprovenMax to at most ${say(1000 - holdback)}, or lower holdback`,
    ),
    ...contradiction(
      min > unprovenMax,
      ['release.analysis.weight.min', 'release.analysis.weight.unprovenMax'],
      `min ${say(min)} is above unprovenMax ${say(unprovenMax)}: no weight would be allowed; lower min or raise unprovenMax`,
    ),
    ...contradiction(
      min > verify && min <= unprovenMax,
      ['release.analysis.weight.min', 'release.analysis.weight.verify'],
      `min ${say(min)} is above verify ${say(verify)}: a doubt would be verified below the least weight; lower min or raise verify`,
    ),
  ]
}

function times({ analysis: { deadline, maxDuration } }: ReleaseSpec): Contradiction[] {
  return contradiction(
    deadline > maxDuration,
    ['release.analysis.deadline', 'release.analysis.maxDuration'],
    `deadline ${formatDuration(deadline)} is after maxDuration ${formatDuration(maxDuration)}: the watch would end before the canary is due; lower deadline or raise maxDuration`,
  )
}
