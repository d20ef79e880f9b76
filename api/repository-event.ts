// GitHub's `repository` event: a repository that Apps are released from has another name, another owner, or is gone.
import type { Logger } from 'pino'
import { z } from 'zod'
import { Account, Installation, Repository, urlsOf } from './github-payload.ts'
import type { Hints, Result } from './hints.ts'
import { parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

const RepositoryEvent = z.object({
  action: z.string(),
  changes: z
    .object({
      repository: z.object({ name: z.object({ from: z.string().min(1) }) }).optional(),
      owner: z
        .object({ from: z.object({ user: Account.nullish(), organization: Account.nullish() }) })
        .optional(),
    })
    .optional(),
  repository: Repository.extend({ html_url: z.url({ protocol: /^https?$/ }) }),
  installation: Installation,
})
type RepositoryEvent = z.infer<typeof RepositoryEvent>

/**
 * The Apps of the address that is no longer right look at once, and say what they find; where the repository is now is for
 * people to write into them: a push from a place that nobody named must not release anything.
 */
export async function repositoryChanged(
  payload: JsonObject,
  delivery: string,
  tell: Hints,
  log: Pick<Logger, 'warn'>,
): Promise<Result> {
  const event = parsed(RepositoryEvent, payload, 'repository')
  const urls = formerly(event)
  if (!urls) return { status: 'ignored:action' }
  const result = await tell({ urls, delivery })
  if (result.apps)
    log.warn(
      { apps: result.apps, from: urls[0], delivery, ...advice(event) },
      'a repository of Apps has changed',
    )
  return result
}

/** How the repository was called before; undefined when that has not changed. */
function formerly({ action, changes, repository }: RepositoryEvent): readonly string[] | undefined {
  const { origin } = new URL(repository.html_url)
  const [owner = '', name = ''] = repository.full_name.split('/')
  const oldName = changes?.repository?.name.from
  const oldOwner = changes?.owner?.from.user?.login ?? changes?.owner?.from.organization?.login
  if (action === 'deleted') return urlsOf(repository)
  if (action === 'renamed' && oldName) return [`${origin}/${owner}/${oldName}`]
  return action === 'transferred' && oldOwner ? [`${origin}/${oldOwner}/${name}`] : undefined
}

const advice = ({ action, repository }: RepositoryEvent) =>
  action === 'deleted'
    ? { advice: 'delete the Apps, or give them another source.repository; what serves goes on serving' }
    : { to: repository.html_url, advice: 'write the new address into source.repository of these Apps' }
