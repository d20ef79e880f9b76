// Speaks to GitHub as the App, and as its installation on one repository. It never sleeps: who must wait is told how long.
import { PermanentFailure, RateLimited } from '../../domain/failure.ts'
import { type AppIdentity, appToken } from './app-token.ts'
import { appLimits, type Budget, budget, installationLimits } from './budget.ts'
import { type Answer, asked, type ExchangeOptions, exchange, type Request } from './exchange.ts'
import { notPermitted, Refused } from './failure.ts'
import { type Limited, limited } from './limits.ts'
import { fullName, type RepositoryName, repositoryOn } from './repository.ts'
import { type Access, installationTokens, type Rights } from './tokens.ts'

export interface GitHubOptions extends AppIdentity, ExchangeOptions {
  /** GitHub lists by the number alone what an App has shown. */
  readonly appId: number
  readonly now?: () => number
  /** GitHub said that a limit is reached. */
  readonly onLimited?: (kind: Limited['kind']) => void
}

export interface GitHub {
  /** The App's number. */
  readonly appId: number
  /** Whether this repository lies there. */
  readonly hosts: (repository: string) => boolean
  /** Asks as the App itself: `/app/hook/deliveries`. */
  readonly asApp: (request: Request) => Promise<Answer>
  /** Asks as the installation; the path begins below the repository: `/check-runs`. */
  readonly on: (repository: string, rights: Rights, request: Request) => Promise<Answer>
  /** A token for this repository and these rights alone, good for five minutes at least. */
  readonly token: (repository: string, rights: Rights) => Promise<string>
}

/** Fails `RateLimited`, `Refused`, `Invalid` (422), and plainly when there is no answer. */
export function gitHub(options: GitHubOptions): GitHub {
  const { now = Date.now, onLimited = () => undefined } = options
  const send = exchange(options)
  const budgets = new Map<number | 'app', Budget>()
  /** GitHub's clock, as well as we know it: a token is good by that. */
  let ahead = 0
  const theirs = () => now() + ahead

  const budgetOf = (who: number | 'app'): Budget => {
    const known = budgets.get(who) ?? budget(now, who === 'app' ? appLimits : installationLimits)
    budgets.set(who, known)
    return known
  }
  const ask = async (who: number | 'app', request: Request, credential: string): Promise<Answer> => {
    budgetOf(who).spend(request)
    const answer = await send(request, credential)
    const limit = limited(answer, theirs())
    if (!limit) return answer
    onLimited(limit.kind)
    budgetOf(who).close(limit.retryAfter)
    throw new RateLimited(`GitHub refuses ${asked(request)}: its ${limit.kind} limit`, limit.retryAfter)
  }

  const asApp = async (request: Request): Promise<Answer> => {
    const answer = await ask('app', request, appToken(options, theirs()))
    const wrong = answer.status === 401 ? clockError(answer, theirs()) : 0
    if (wrong === 0) return refuse(request, answer, keyRefused)
    ahead += wrong
    return refuse(request, await ask('app', request, appToken(options, theirs())), keyRefused)
  }
  const tokens = installationTokens(asApp, theirs)

  const on: GitHub['on'] = async (address, rights, request) => {
    const repository = named(options.url, address)
    const below = { ...request, path: `/repos/${fullName(repository)}${request.path}` }
    const askWith = ({ installation, token }: Access) => ask(installation, below, token)
    const access = await tokens.access(repository, rights)
    const answer = await askWith(access)
    if (answer.status !== 401) return refuse(below, answer)
    // Taken back before its time: a new one may be had.
    return refuse(below, await askWith(await tokens.access(repository, rights, access)))
  }

  return {
    appId: options.appId,
    hosts: (repository) => repositoryOn(options.url, repository) !== undefined,
    asApp,
    on,
    token: async (repository, rights) => (await tokens.access(named(options.url, repository), rights)).token,
  }
}

function named(api: string, repository: string): RepositoryName {
  const found = repositoryOn(api, repository)
  if (found) return found
  throw new PermanentFailure(
    'Invalid',
    `${repository.slice(0, 200)} is no repository of the GitHub at ${api}`,
  )
}

/** How far GitHub's clock is ahead of ours, when it is far enough off to refuse a token for it. */
function clockError({ headers }: Answer, ours: number): number {
  const ahead = Date.parse(headers.get('date') ?? '') - ours
  return Math.abs(ahead) > 30_000 ? ahead : 0
}

const keyRefused =
  "the App's key does not fit its id, or was revoked: give Slipway a new key, and check that the clock is right"

/** Lets what went well through. */
function refuse(request: Request, answer: Answer, unauthorized = 'its token was taken back'): Answer {
  const { status, body } = answer
  if (status >= 200 && status < 300) return answer
  const said = messageOf(body)
  const why = status === 401 ? unauthorized : `${said || 'without a word'}${remedy(said)}`
  const message = `GitHub refuses ${asked(request)} (${status}): ${why}`
  if (status === 422) throw new PermanentFailure('Invalid', message)
  throw new Refused(message, { status, said })
}

const remedy = (said: string): string =>
  notPermitted.test(said) ? '; grant the App the permission that it lacks' : ''

/** GitHub's words, and which field it means; in one line. */
function messageOf(body: unknown): string {
  const { message = '', errors = [] } = (body ?? {}) as { message?: unknown; errors?: unknown }
  const details = Array.isArray(errors) && errors.length > 0 ? ` ${JSON.stringify(errors.slice(0, 3))}` : ''
  return `${message}${details}`.replace(/\p{Cc}+/gu, ' ').slice(0, 300)
}
