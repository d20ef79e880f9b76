// "Something happened in that repository": tells the Apps that take their commits from it to look again, and nothing more.
import { appKey } from '../domain/app.ts'
import { forgetOldest } from '../domain/forget.ts'
import type { Apps, DeclaredApp } from './apps.ts'
import { Problem } from './problem.ts'
import { noCommit, type Sources } from './sources.ts'

export interface Hint {
  /** How the repository may be called. */
  readonly urls: readonly string[]
  /** Every branch that an App releases when absent. */
  readonly branch?: string
  /** The commits that the sender saw. */
  readonly before?: string
  readonly after?: string
  /** Who pushed, as a principal: `github:ana`. */
  readonly pusher?: string
  readonly delivery: string
}

/** What a delivery is told, once what follows from it is durable. */
export interface Result {
  /** One word, or a reason behind it: `accepted`, `ignored:branch`. Also a label of a metric: few values. */
  readonly status: string
  readonly apps?: readonly string[]
}

/** Returns when Temporal has the message for good, whoever it concerns; fails when it has not. */
export type Hints = (hint: Hint) => Promise<Result>

export interface HintOptions {
  readonly apps: Pick<Apps, 'ofRepository'>
  /** Whether the Apps are known: until then nothing can be said of a repository. */
  readonly ready: () => boolean
  readonly sources: Pick<Sources, 'lookAgain'>
}

/** So many deliveries are known again: who forgets one looks once in vain. */
const knownAgain = 10_000

export function hints({ apps, ready, sources }: HintOptions): Hints {
  const underWay = new Map<string, Promise<unknown>>()
  const taken = new Set<string>()

  return async (hint) => {
    const { told, nobody } = concernedBy({ apps, ready }, hint)
    if (nobody) return { status: `ignored:${nobody}` }
    // The same hint many times at once is one message; each delivery is answered when that one is durable.
    await Promise.all(told.map((app) => once(underWay, keyOf(app, hint), () => lookUnlessTaken(app, hint))))
    return { status: 'accepted', apps: told.map(({ app }) => appKey(app)) }
  }

  /** What is delivered again under its own name brings no news: Temporal has it for good. */
  async function lookUnlessTaken(app: DeclaredApp, hint: Hint): Promise<void> {
    const name = `${hint.delivery} ${keyOf(app, hint)}`
    if (taken.has(name)) return
    await look(app, hint)
    taken.add(name)
    forgetOldest(taken, knownAgain)
  }

  async function look({ app, source }: DeclaredApp, { after = noCommit, delivery, pusher }: Hint) {
    const moved = { ref: `refs/heads/${source?.branch}`, after, delivery, ...(pusher && { pusher }) }
    await durable(sources.lookAgain(app, moved))
  }
}

/** The Apps that take their commits from there; or why there are none. */
export function concernedBy(
  { apps, ready }: Pick<HintOptions, 'apps' | 'ready'>,
  { urls, branch }: Pick<Hint, 'urls' | 'branch'>,
): { readonly told: readonly DeclaredApp[]; readonly nobody?: string } {
  if (!ready()) throw notDurable('which Apps there are is not known yet')
  const known = new Map(urls.flatMap(apps.ofRepository).map((app) => [appKey(app.app), app]))
  if (known.size === 0) return { told: [], nobody: 'repo-not-registered' }
  const told = [...known.values()].filter(({ source }) => !branch || source?.branch === branch)
  return told.length === 0 ? { told, nobody: 'branch' } : { told }
}

/** What Temporal has not taken was not delivered. */
export const durable = <T>(taking: Promise<T>): Promise<T> =>
  taking.catch((cause: unknown) => {
    throw notDurable('Temporal did not take the message', cause)
  })

/** Whoever sent it shall send it again. */
export const notDurable = (why: string, cause?: unknown): Problem =>
  new Problem(503, 'not-durable', `${why}; deliver it again`, { headers: { 'retry-after': '10' }, cause })

const keyOf = ({ app }: DeclaredApp, { branch = '', before = '', after = '' }: Hint): string =>
  `${appKey(app)} ${branch} ${before} ${after}`

async function once(
  underWay: Map<string, Promise<unknown>>,
  key: string,
  run: () => Promise<void>,
): Promise<void> {
  const shared = underWay.get(key) ?? run().finally(() => underWay.delete(key))
  underWay.set(key, shared)
  await shared
}
