// Who asks, and whether they may: the cluster says so, for the token they bring. Slipway knows no users of its own.
import { createHash } from 'node:crypto'
import {
  AuthenticationV1Api,
  AuthorizationV1Api,
  type KubeConfig,
  type V1UserInfo,
} from '@kubernetes/client-node'
import { forgetOldest } from '../domain/forget.ts'
import { Problem } from './problem.ts'

export interface Wish {
  readonly verb: 'get' | 'list'
  readonly namespace: string
  readonly name?: string
}

/** Returns when the request's bearer may see these releases; fails with 401, 403, or 503 when the cluster cannot say. */
export type Admit = (request: Request, wish: Wish) => Promise<void>

/** The two questions to the API server. */
export interface Judge {
  /** Undefined: the token is nobody's. */
  readonly who: (token: string) => Promise<V1UserInfo | undefined>
  readonly may: (user: V1UserInfo, wish: Wish) => Promise<boolean>
}

type Verdict = 'admitted' | 'unknown' | 'forbidden'

export interface AdmitOptions {
  readonly judge: Judge
  readonly now?: () => number
  /** Milliseconds that a verdict is believed: so long does a withdrawn right go on. */
  readonly believed?: number
  readonly within?: number
  /** How many questions may be open at once: made-up tokens must not become a flood at the API server. */
  readonly atOnce?: number
}

export function admission(options: AdmitOptions): Admit {
  const { judge, now = Date.now, believed = 10_000, within = 5_000, atOnce = 32 } = options
  let open = 0
  const verdicts = new Map<string, { verdict: Promise<Verdict>; until: number }>()

  async function decide(token: string, wish: Wish): Promise<Verdict> {
    const user = await judge.who(token)
    if (!user) return 'unknown'
    return (await judge.may(user, wish)) ? 'admitted' : 'forbidden'
  }

  async function remembered(token: string, wish: Wish): Promise<Verdict> {
    const key = digest([token, wish.verb, wish.namespace, wish.name ?? ''].join('\n'))
    const known = verdicts.get(key)
    if (known && known.until > now()) return known.verdict
    if (open >= atOnce) throw tooMany()
    open += 1
    const verdict = inTime(decide(token, wish), within).finally(() => {
      open -= 1
    })
    // A cluster that could not be asked has not decided.
    verdict.catch(() => verdicts.delete(key))
    verdicts.delete(key)
    verdicts.set(key, { verdict, until: now() + believed })
    forgetOldest(verdicts, 1_000)
    return verdict
  }

  return async (request, wish) => {
    const token = /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const verdict = token === undefined ? 'unknown' : await remembered(token, wish).catch(cannotSay)
    if (verdict === 'unknown') throw unauthorized()
    if (verdict === 'forbidden') throw forbidden(wish)
  }
}

export function clusterJudge(config: KubeConfig): Judge {
  const authentication = config.makeApiClient(AuthenticationV1Api)
  const authorization = config.makeApiClient(AuthorizationV1Api)
  return {
    who: async (token) => {
      const { status } = await authentication.createTokenReview({ body: { spec: { token } } })
      return status?.authenticated ? status.user : undefined
    },
    may: async ({ username, groups, uid, extra }, wish) => {
      const resourceAttributes = { group: 'slipway.dev', resource: 'releases', ...wish }
      const who = {
        ...(username && { user: username }),
        ...(groups && { groups }),
        ...(uid && { uid }),
        ...(extra && { extra }),
      }
      const body = { spec: { ...who, resourceAttributes } }
      const { status } = await authorization.createSubjectAccessReview({ body })
      return status?.allowed === true
    },
  }
}

/** Tells visitors apart without keeping what they brought. */
export const visitorOf = (request: Request): string => digest(request.headers.get('authorization') ?? '')

const digest = (text: string): string => createHash('sha256').update(text).digest('base64')

async function inTime<T>(asked: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([asked, late]).finally(() => clearTimeout(timer))
}

const unauthorized = () =>
  new Problem(401, 'token-required', 'bring a token of the cluster: Authorization: Bearer <token>', {
    headers: { 'www-authenticate': 'Bearer realm="Slipway"' },
  })

const forbidden = ({ verb, namespace }: Wish) =>
  new Problem(403, 'forbidden', `the token's owner may not ${verb} releases.slipway.dev in ${namespace}`)

const tooMany = () =>
  new Problem(429, 'too-many-questions', 'too many tokens are being looked at; try again in a moment', {
    headers: { 'retry-after': '1' },
  })

const cannotSay = (cause: unknown): never => {
  if (cause instanceof Problem) throw cause
  throw new Problem(503, 'cluster-away', 'the cluster could not say who you are; try again', {
    headers: { 'retry-after': '5' },
    cause,
  })
}
