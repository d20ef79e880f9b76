// GitHub's `installation` and `installation_repositories` events: which repositories Slipway may see has changed.
import type { Logger } from 'pino'
import { z } from 'zod'
import { Id } from './github-payload.ts'
import type { Hints, Result } from './hints.ts'
import { parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

// These name repositories without their addresses: where they lie is told by the account that they belong to.
const Named = z.array(z.object({ full_name: z.string().min(1) }))
const Installed = z.object({
  id: Id,
  account: z.object({ html_url: z.url({ protocol: /^https?$/ }) }),
})
const InstallationEvent = z.object({
  action: z.string(),
  installation: Installed,
  repositories: Named.optional(),
})
const InstallationRepositoriesEvent = z.object({
  action: z.string(),
  installation: Installed,
  repositories_added: Named,
  repositories_removed: Named,
})

const gone = new Map([
  ['deleted', 'noted:installation-deleted'],
  ['suspend', 'noted:installation-suspended'],
])
const back = new Set(['created', 'unsuspend', 'new_permissions_accepted'])

/** An installation that came (back) is a reason to look; of one that is gone people must know, for nothing is seen any more. */
export async function installation(
  payload: JsonObject,
  delivery: string,
  tell: Hints,
  log: Pick<Logger, 'warn'>,
): Promise<Result> {
  const { action, installation, repositories = [] } = parsed(InstallationEvent, payload, 'installation')
  const { id, account } = installation
  const status = gone.get(action)
  if (status) {
    const message =
      'an installation is gone: Slipway sees and tells nothing there until it is installed again'
    log.warn({ installation: id, account: account.html_url, action, delivery }, message)
    return { status }
  }
  if (!back.has(action)) return { status: 'ignored:action' }
  return tell({ urls: addresses(account.html_url, repositories), delivery })
}

export async function installationRepositories(
  payload: JsonObject,
  delivery: string,
  tell: Hints,
): Promise<Result> {
  const event = parsed(InstallationRepositoriesEvent, payload, 'installation_repositories')
  const { action, installation, repositories_added, repositories_removed } = event
  if (action !== 'added' && action !== 'removed') return { status: 'ignored:action' }
  const named = [...repositories_added, ...repositories_removed]
  return tell({ urls: addresses(installation.account.html_url, named), delivery })
}

const addresses = (accountUrl: string, named: z.infer<typeof Named>): readonly string[] =>
  named.map(({ full_name }) => `${new URL(accountUrl).origin}/${full_name}`)
