// The plan of one release: made once when the manifest is read, carried as data ever after.
import type { AppSource, AppSpec } from './app.ts'
import type { Commit, Plan, ReleaseRef } from './release.ts'

/** What this release will do: its rungs and its watches, taken from the manifest at its own commit. */
export function makePlan(release: ReleaseRef, commit: Commit, source: AppSource, spec: AppSpec): Plan {
  if (commit.sha !== release.sha)
    throw new Error(
      `cannot plan release ${release.seq} of ${release.app.name}: it is of ${release.sha}, not ${commit.sha}`,
    )
  const { steps, bake } = spec.release
  return { release, commit, repository: source.repository, spec, steps, bake }
}
