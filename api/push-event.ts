// The few fields of GitHub's `push` event that are used. They are hints: what is released is read from the repository.
import { z } from 'zod'
import { Account, Installation, Repository, urlsOf } from './github-payload.ts'
import type { Hint, Hints, Result } from './hints.ts'
import { Commit, parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

const Push = z.object({
  ref: z.string().min(1).max(1024),
  before: Commit,
  after: Commit,
  repository: Repository,
  commits: z.array(z.unknown()).optional(),
})

/** A push that GitHub sends to the App itself. */
export const PushEvent = Push.extend({
  installation: Installation,
  // Who pushed tells two people apart at a gate; a push is a push without it.
  sender: Account.optional().catch(undefined),
})
type Push = z.infer<typeof Push> & Pick<Partial<z.infer<typeof PushEvent>>, 'sender'>

/**
 * The same, forwarded by somebody whose webhook is the repository's own: no App is installed there. Who pushed is not taken from
 * it: GitHub signed nothing here.
 */
export const forwardedPush = (payload: JsonObject): Push => parsed(Push, payload, 'push')

export async function pushed(push: Push, delivery: string, tell: Hints): Promise<Result> {
  const reason = nothingIn(push)
  return reason ? { status: `ignored:${reason}` } : tell(hintOf(push, delivery))
}

const heads = 'refs/heads/'

function nothingIn({ ref, after }: Push): string | undefined {
  if (ref.startsWith('refs/tags/')) return 'tag'
  if (!ref.startsWith(heads)) return 'ref'
  return /^0+$/.test(after) ? 'branch-deleted' : undefined
}

const hintOf = ({ ref, before, after, repository, sender }: Push, delivery: string): Hint => ({
  urls: urlsOf(repository),
  branch: ref.slice(heads.length),
  before,
  after,
  ...(sender && { pusher: `github:${sender.login}` }),
  delivery,
})
