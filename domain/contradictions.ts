// What no key can know by itself: values that are fine each alone and make no sense together.
import type { AppSpec } from './app.ts'
import { inAnalysis } from './contradictions/analysis.ts'
import { type Contradiction, ignored, type Said } from './contradictions/contradiction.ts'
import { inGates } from './contradictions/gates.ts'
import { inRun } from './contradictions/run.ts'
import { inWindows } from './contradictions/windows.ts'
import type { ReleaseSpec } from './release-spec.ts'
import { fullWeight, movesAtOnce } from './strategy.ts'

export function contradictions(spec: AppSpec, said: Said): readonly Contradiction[] {
  const { release } = spec
  return [
    ...inRun(spec, said),
    ...(movesAtOnce(release) ? atOnce(release, said) : inAnalysis(release, said)),
    ...inGates(release.gates ?? [], fullWeight(release)),
    ...inWindows(release.windows),
  ]
}

/** All traffic at once: there is nothing to compare with, and no weight between. */
function atOnce({ strategy, analysis }: ReleaseSpec, said: Said): Contradiction[] {
  const ramp = Object.keys(analysis).filter((key) => key !== 'thresholds')
  return ignored(
    ['release.steps', ...ramp.map((key) => `release.analysis.${key}`)],
    said,
    `would be ignored: ${strategy} gives the new revision all traffic at once, and fixed objectives judge it; remove it, or choose canary`,
  )
}
