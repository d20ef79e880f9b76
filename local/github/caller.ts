// Who asks: an App by a JWT that its key signed, an installation by its token, or a person by theirs.
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import type { Faults } from './faults.ts'
import { Refusal } from './refusal.ts'
import {
  type App,
  type Installation,
  type Permissions,
  type Repository,
  type State,
  timeOf,
} from './state.ts'

export type Caller =
  | { readonly kind: 'app'; readonly app: App }
  | { readonly kind: 'installation'; readonly token: Token }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'nobody' }

export interface Token {
  readonly text: string
  readonly installation: Installation
  /** Undefined: every repository of the installation. */
  readonly repositories: readonly Repository[] | undefined
  readonly permissions: Permissions
  readonly expiresAt: number
}

export interface Callers {
  /** Fails when what was sent is no longer, or never was, worth anything. */
  readonly of: (authorization: string | null) => Caller
  readonly issue: (token: Omit<Token, 'text' | 'expiresAt'>) => Token
  /** Whose token this is, when it was given as a password. */
  readonly ofToken: (text: string) => Caller
}

const hour = 3_600_000

export function callers(state: State, faults: Faults): Callers {
  const tokens = new Map<string, Token>()
  const ofToken = (text: string): Caller => {
    const login = state.userTokens.get(text)
    if (login !== undefined) return { kind: 'user', login }
    const token = tokens.get(text)
    const installed = token && state.installations.includes(token.installation)
    if (!installed || token.expiresAt <= state.now()) throw badCredentials()
    return { kind: 'installation', token: { ...token, permissions: stillGranted(token, faults) } }
  }
  return {
    ofToken,
    of: (authorization) => {
      if (authorization === null) return { kind: 'nobody' }
      const [, text] = /^(?:bearer|token) (\S+)$/i.exec(authorization) ?? []
      if (text === undefined) throw badCredentials()
      if (!text.startsWith('ghs_') && text.split('.').length === 3) {
        return { kind: 'app', app: appOf(state, text, faults) }
      }
      return ofToken(text)
    },
    issue: (about) => {
      const token = { ...about, text: newToken(about.installation.app), expiresAt: state.now() + hour }
      tokens.set(token.text, token)
      return token
    },
  }
}

const badCredentials = () => new Refusal(401, 'Bad credentials')

const stillGranted = ({ permissions }: Token, { now }: Faults): Permissions =>
  Object.fromEntries(Object.entries(permissions).filter(([name]) => !now.denied?.includes(name)))

/** As GitHub's newer tokens look: longer than anyone may count on, with the App's number in front. */
function newToken(app: App): string {
  const part = (bytes: number) => randomBytes(bytes).toString('base64url')
  return `ghs_${app.id}_${part(30)}.${part(120)}.${part(64)}`
}

function appOf(state: State, jwt: string, faults: Faults): App {
  const { header, claims, signed, signature } = parse(jwt)
  const app = state.apps.find(({ id, clientId }) => [String(id), clientId].includes(String(claims.iss)))
  if (!app || faults.now.keyRevoked || header.alg !== 'RS256') throw undecodable()
  if (!verify('RSA-SHA256', signed, createPublicKey(app.privateKey), signature)) throw undecodable()
  checkTimes(claims, state.now() / 1000)
  return app
}

interface Jwt {
  readonly header: { readonly alg?: unknown }
  readonly claims: { readonly iss?: unknown; readonly iat?: unknown; readonly exp?: unknown }
  readonly signed: Buffer
  readonly signature: Buffer
}

function parse(jwt: string): Jwt {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  try {
    const signed = Buffer.from(`${header}.${claims}`)
    return {
      header: read(header),
      claims: read(claims),
      signed,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    throw undecodable()
  }
}

function checkTimes({ iat, exp }: Jwt['claims'], now: number): void {
  const date = { headers: { date: new Date(now * 1000).toUTCString() } }
  const refuse = (message: string) => new Refusal(401, message, date)
  if (!Number.isInteger(exp)) {
    throw refuse("'Expiration time' claim ('exp') must be a numeric value representing the future time")
  }
  if (!Number.isInteger(iat)) {
    throw refuse(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    )
  }
  if (Number(exp) <= now)
    throw refuse(`'Expiration time' claim ('exp') is in the past: ${timeOf(now * 1000)} now`)
  if (Number(exp) > now + 600) throw refuse("'Expiration time' claim ('exp') is too far in the future")
  if (Number(iat) > now) throw refuse("'Issued at' claim ('iat') is in the future")
}

const undecodable = () => new Refusal(401, 'A JSON web token could not be decoded')
