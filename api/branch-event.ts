// GitHub's `create` and `delete` events: a branch is there, or is gone.
import { z } from 'zod'
import { Installation, Repository, urlsOf } from './github-payload.ts'
import type { Hints, Result } from './hints.ts'
import { parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

// Unlike a push, these name a branch as people do: `main`.
const BranchEvent = z.object({
  ref: z.string().min(1).max(1024),
  ref_type: z.string(),
  repository: Repository,
  installation: Installation,
})

/** `create` and `delete`. What follows from a branch that is gone is the workflow's to say: it finds no head. */
export async function branch(
  payload: JsonObject,
  delivery: string,
  event: string,
  tell: Hints,
): Promise<Result> {
  const { ref, ref_type, repository } = parsed(BranchEvent, payload, event)
  if (ref_type !== 'branch') return { status: ref_type === 'tag' ? 'ignored:tag' : 'ignored:ref' }
  return tell({ urls: urlsOf(repository), branch: ref, delivery })
}
