// Installation tokens: each for one repository and a few rights, kept until shortly before they expire, never written anywhere.
import { canonicalJson } from '../../domain/canonical-json.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Answer, Request } from './exchange.ts'
import { Refused } from './failure.ts'
import { fullName, type RepositoryName } from './repository.ts'

/** What a token may do, in GitHub's words. */
export type Rights = Readonly<Record<string, 'read' | 'write'>>

export interface Access {
  readonly installation: number
  readonly token: string
}

type Kept = Access & { readonly until: number }

/** Milliseconds that a token is good for at least when it is given away. */
const margin = 5 * 60_000

export interface Tokens {
  /** `refused` is one that GitHub does not take any more: another is made. */
  readonly access: (repository: RepositoryName, rights: Rights, refused?: Access) => Promise<Access>
}

export function installationTokens(asApp: (request: Request) => Promise<Answer>, now: () => number): Tokens {
  const kept = new Map<string, Promise<Kept>>()

  const make = async (repository: RepositoryName, rights: Rights): Promise<Kept> => {
    const found = await installationOn(asApp, repository)
    const made = await tokenFor(asApp, found, repository, rights)
    return { installation: found.id, ...made }
  }
  /** Who comes while one is being made waits for the same. */
  const begin = (key: string, repository: RepositoryName, rights: Rights): Promise<Kept> => {
    const making = make(repository, rights).catch((error: unknown) => {
      kept.delete(key)
      throw error
    })
    kept.set(key, making)
    return making
  }

  return {
    access: async (repository, rights, refused) => {
      const key = `${fullName(repository).toLowerCase()} ${canonicalJson(rights)}`
      const before = kept.get(key)
      const known = await before
      if (known && known !== refused && now() < known.until - margin) return known
      // Another may have noticed it too, and begun already.
      const begun = kept.get(key)
      return begun && begun !== before ? await begun : await begin(key, repository, rights)
    },
  }
}

interface Installation {
  readonly id: number
  readonly permissions: Readonly<Record<string, string>>
  /** The repository's number, known when it has another name now. */
  readonly repository?: number
}

/** Looked for with each new token: the App may have been installed anew, or been granted more. */
async function installationOn(
  asApp: (request: Request) => Promise<Answer>,
  repository: RepositoryName,
): Promise<Installation> {
  const { body, url } = await asApp({
    method: 'GET',
    path: `/repos/${fullName(repository)}/installation`,
  }).catch(notInstalled(repository))
  const { id, permissions = {} } = (body ?? {}) as { id?: number; permissions?: Record<string, string> }
  if (id === undefined || !Number.isSafeInteger(id) || !url.pathname.endsWith('/installation')) {
    throw new Error(`GitHub's answer names no installation on ${fullName(repository)}`)
  }
  const moved = /\/repositories\/(\d+)\/installation$/.exec(url.pathname)?.[1]
  return { id, permissions, ...(moved && { repository: Number(moved) }) }
}

async function tokenFor(
  asApp: (request: Request) => Promise<Answer>,
  { id, permissions, repository: number }: Installation,
  repository: RepositoryName,
  rights: Rights,
): Promise<{ token: string; until: number }> {
  const { body } = await asApp({
    method: 'POST',
    path: `/app/installations/${id}/access_tokens`,
    body: {
      ...(number === undefined ? { repositories: [repository.name] } : { repository_ids: [number] }),
      permissions: granted(rights, permissions),
    },
  })
    .catch(notGranted)
    .catch(notInstalled(repository))
  const { token, expires_at: expires } = (body ?? {}) as { token?: unknown; expires_at?: unknown }
  const until = Date.parse(String(expires))
  if (typeof token === 'string' && token !== '' && Number.isFinite(until)) return { token, until }
  throw new Error(`GitHub's answer holds no token for ${fullName(repository)}`)
}

/** GitHub refuses the whole token when one right was never granted; without it, only what needs that right is refused. */
function granted(rights: Rights, permissions: Installation['permissions']): Rights {
  const has = ([right, level]: [string, string]) =>
    level === 'write' ? permissions[right] === 'write' : permissions[right] !== undefined
  const some = Object.entries(rights).filter(has)
  // No right at all would mean all of them.
  return some.length === 0 ? rights : Object.fromEntries(some)
}

/** What is taken away while it is asked for may be given back: a refused token ends nothing. */
function notGranted(error: unknown): never {
  if (error instanceof PermanentFailure)
    throw new Refused(error.message, { status: 422, said: error.message })
  throw error
}

const notInstalled =
  (repository: RepositoryName) =>
  (error: unknown): never => {
    if (!(error instanceof Refused) || error.status !== 404) throw error
    const name = fullName(repository)
    throw new Refused(
      `the GitHub App is not installed on ${name} (404): install it there, or look for a typing error`,
      {
        status: 404,
        said: error.said,
      },
    )
  }
