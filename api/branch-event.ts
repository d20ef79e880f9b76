// GitHub's `create`, `delete` and `check_suite` events: a branch is there, is gone, or shall be looked at again.
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

const CheckSuiteEvent = z.object({
  action: z.string(),
  check_suite: z.object({ head_branch: z.string().nullish() }),
  repository: Repository,
  installation: Installation,
})

/** To run all checks again is to look again: whether a commit is tried again is asked for on its own check run. */
export async function checkSuite(payload: JsonObject, delivery: string, tell: Hints): Promise<Result> {
  const { action, check_suite, repository } = parsed(CheckSuiteEvent, payload, 'check_suite')
  if (action !== 'rerequested') return { status: 'ignored:action' }
  if (!check_suite.head_branch) return { status: 'ignored:branch' }
  return tell({ urls: urlsOf(repository), branch: check_suite.head_branch, delivery })
}
