// GitHub's `pull_request` event: a commit is offered to an App's branch, and shall show what a push of it would do.
import { z } from 'zod'
import { appKey } from '../domain/app.ts'
import { Id, Installation, Repository, urlsOf } from './github-payload.ts'
import { concernedBy, durable, type HintOptions, type Result } from './hints.ts'
import { Commit, parsed } from './payload.ts'
import type { Plans } from './plans.ts'
import type { JsonObject } from './strict-json.ts'

const PullRequestEvent = z.object({
  action: z.string(),
  pull_request: z.object({
    state: z.string(),
    draft: z.boolean().nullish(),
    // A fork that was deleted has no repository.
    head: z.object({ sha: Commit, repo: z.object({ id: Id }).nullish() }),
    base: z.object({ ref: z.string().min(1).max(1024), repo: z.object({ id: Id }) }),
  }),
  changes: z.object({ base: z.unknown().optional() }).nullish(),
  repository: Repository,
  installation: Installation,
})
type PullRequestEvent = z.infer<typeof PullRequestEvent>

/** Without plans Slipway is no GitHub App, and shows nothing on a commit. */
export async function pullRequest(
  payload: JsonObject,
  known: Pick<HintOptions, 'apps' | 'ready'>,
  plans: Plans | undefined,
): Promise<Result> {
  const event = parsed(PullRequestEvent, payload, 'pull_request')
  const reason = nothingIn(event)
  if (reason) return { status: `ignored:${reason}` }
  if (!plans) return { status: 'ignored:no-github-app' }
  const { head, base } = event.pull_request
  const { told, nobody } = concernedBy(known, { urls: urlsOf(event.repository), branch: base.ref })
  if (nobody) return { status: `ignored:${nobody}` }
  const fork = head.repo?.id !== base.repo.id
  await durable(Promise.all(told.map(({ app }) => plans.foresee({ app, sha: head.sha, fork }))))
  return { status: 'accepted', apps: told.map(({ app }) => appKey(app)) }
}

function nothingIn({
  action,
  changes,
  pull_request: { state, draft },
}: PullRequestEvent): string | undefined {
  const moves = ['opened', 'synchronize', 'reopened', 'ready_for_review'].includes(action)
  const moved = action === 'edited' && changes?.base !== undefined
  if (!moves && !moved) return 'action'
  if (state !== 'open') return 'closed'
  return draft ? 'draft' : undefined
}
