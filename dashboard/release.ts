// A release as the API tells it: the cluster's object, which another version of Slipway may have written.
import type { ReleaseStatus } from '../domain/release.ts'

export interface Release extends ReleaseStatus {
  readonly namespace: string
  readonly name: string
  /** Where its commits can be looked at. */
  readonly repository?: string
}

/** What the API answers. */
export interface Told {
  readonly namespace: string
  readonly name: string
  readonly createdAt?: string
  readonly repository?: string
  readonly spec?: { readonly app?: string; readonly seq?: number; readonly sha?: string }
  readonly status?: Partial<ReleaseStatus>
}

/** One that was created a moment ago has no status yet: it is pending. */
export function releaseOf({ namespace, name, createdAt, repository, spec, status }: Told): Release {
  return {
    phase: 'pending',
    message: '',
    weight: 0,
    transitions: [],
    startedAt: Date.parse(createdAt ?? '') || 0,
    ...status,
    release: {
      app: { namespace, name: spec?.app ?? '' },
      seq: spec?.seq ?? 0,
      sha: spec?.sha ?? '',
    },
    namespace,
    name,
    ...(repository !== undefined && { repository }),
  }
}
