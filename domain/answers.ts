// What a person can say to a release that waits: the commands that end the waiting.
import { type ReleaseStatus, releaseName } from './release.ts'

/** Any one of them does; none where a time or another program decides. */
export function answersTo({ release, waiting }: ReleaseStatus): readonly string[] {
  const name = releaseName(release)
  switch (waiting?.for) {
    case 'approval':
      return [`slipway approve ${name}${waiting.gate === undefined ? '' : ` --gate ${waiting.gate}`}`]
    case 'resume':
      return [`slipway resume ${name}`]
    case 'unfreeze':
      return [`slipway unfreeze ${release.app.name}`]
    case 'decision':
      return [`slipway promote ${name}`, `slipway abort ${name}`]
    default:
      return []
  }
}
