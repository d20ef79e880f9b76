// Shows releases on GitHub: a check run and a deployment for each, a check of its own at each gate, and what a pull request would do; and knows who may do what there.
import type { AppRef } from '../../domain/app.ts'
import type { ReleaseRef, ReleaseStatus } from '../../domain/release.ts'
import type { GitHub } from '../github/client.ts'
import type { Request } from '../github/exchange.ts'
import { isNotPermitted, Refused } from '../github/failure.ts'
import type { Rights } from '../github/tokens.ts'
import type { Forge, Permission, Told } from '../platform.ts'
import { type Ask, showChecks, showCommitStatus, showPlan, showPlanStatus } from './checks.ts'
import { showDeployment } from './deployments.ts'
import { endForgotten } from './forgotten.ts'

export interface GitHubForgeOptions {
  /** The page about a release. */
  readonly page?: (release: ReleaseRef) => string | undefined
  /** Where the App answers: `https://shop.example.com`. */
  readonly address?: (app: AppRef) => Promise<string | undefined>
}

const telling: Rights = { checks: 'write', deployments: 'write', metadata: 'read', statuses: 'write' }
const reading: Rights = { contents: 'read' }
const looking: Rights = { metadata: 'read' }

export function gitHubForge(client: GitHub, options: GitHubForgeOptions = {}): Forge {
  const asking = (repository: string): Ask => {
    const ask = async (request: Request) => (await client.on(repository, telling, request)).body
    return Object.assign(ask, { appId: client.appId })
  }
  return {
    hosts: client.hosts,

    tell: async (repository, status, told = {}) => {
      const ask = asking(repository)
      const details = options.page?.(status.release)
      const said = await unlessRefused('checks', told, {
        show: () => showChecks(ask, status, told, details),
        instead: () => showCommitStatus(ask, status, told, details),
      })
      const shown = leftOpen(status, told)
        ? await ifGranted(showChecks(ask, status, said, details), said)
        : said
      const links = { details, address: () => options.address?.(status.release.app) }
      return await unlessRefused('deployments', shown, {
        show: () => showDeployment(ask, status, shown, links),
        instead: async () => shown,
      })
    },

    forget: (repository, release, told) => endForgotten(asking(repository), release, told),

    foretell: async (repository, foretold) => {
      const ask = asking(repository)
      await showPlan(ask, foretold).catch((error: unknown) => {
        if (!isNotPermitted(error)) throw error
        return showPlanStatus(ask, foretold)
      })
    },

    permission: async (repository, login) => {
      const path = `/collaborators/${encodeURIComponent(login)}/permission`
      try {
        const { body } = await client.on(repository, looking, { method: 'GET', path })
        return permissionOf(body)
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return 'none'
        throw error
      }
    },

    readToken: (repository) => client.token(repository, reading),
  }
}

/** What was not granted once is not tried again for the same release, except to close a check at its end. */
async function unlessRefused(
  what: 'checks' | 'deployments',
  told: Told,
  { show, instead }: { show: () => Promise<Told>; instead: () => Promise<Told> },
): Promise<Told> {
  const { refused = [] } = told
  if (refused.includes(what)) return await instead()
  try {
    return await show()
  } catch (error) {
    if (!isNotPermitted(error)) throw error
    return { ...(await instead()), refused: [...refused, what] }
  }
}

/** The permission was withdrawn when the check stood there already: nobody but us can say on it how the release ended. */
const leftOpen = ({ outcome }: ReleaseStatus, { refused = [], check }: Told): boolean =>
  outcome !== undefined && refused.includes('checks') && check !== undefined && !check.ended

const ifGranted = (showing: Promise<Told>, otherwise: Told): Promise<Told> =>
  showing.catch((error: unknown) => {
    if (!isNotPermitted(error)) throw error
    return otherwise
  })

/** GitHub says `write` of who maintains, and `read` of who triages; of a role of one's own, what it is based on. */
function permissionOf(body: unknown): Permission {
  const { permission } = (body ?? {}) as { permission?: unknown }
  return permission === 'admin' || permission === 'write' || permission === 'read' ? permission : 'none'
}
