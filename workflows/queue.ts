// What an App does next, given what it knows and what it sees: pure, so that it can be told the wildest stories in a test.
import type { Memory } from '../activities/report.ts'
import type { Sight } from '../activities/source.ts'
import type { AppRef } from '../domain/app.ts'
import { rejectedConfig } from '../domain/rejection.ts'
import { isBad, type Outcome, type ReleaseRef } from '../domain/release.ts'
import type { AppState, Wanted } from './messages.ts'

export type Decision =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'release'; readonly sha: string; readonly wanted?: Wanted }
  /** A release runs; this commit comes next: at once, or at once unless the other has had traffic, or after it. */
  | { readonly kind: 'wait'; readonly sha: string; readonly supersede: Supersede }

type Supersede = NonNullable<Sight['head']>['supersede']

const nothing = (why: string): Decision => ({ kind: 'nothing', why })

/** One release at a time, what people ask for first, then the newest push, nothing twice. */
export function decide(state: AppState, sight: Sight): Decision {
  const { active, wanted, frozen } = state
  if (active) return decideBeside(state, active, sight)
  // Going back is what a freeze is for.
  if (wanted && (!frozen || wanted.cause === 'return')) return { kind: 'release', sha: wanted.sha, wanted }
  if (frozen) return nothing(`the App is frozen by ${frozen.by}`)
  return decideByPush(state, sight)
}

function decideBeside({ rejected }: AppState, active: ReleaseRef, { head }: Sight): Decision {
  if (!head) return nothing('the branch has no commit')
  if (active.sha === head.sha) return nothing('it is being released')
  if (rejected.includes(head.sha)) return nothing('it was rejected before')
  return { kind: 'wait', sha: head.sha, supersede: head.supersede }
}

function decideByPush(state: AppState, sight: Sight): Decision {
  const { head, stable, config } = sight
  if (head && head.sha !== stable?.sha && !state.rejected.includes(head.sha))
    return { kind: 'release', sha: head.sha }
  // What serves is released again with what its configuration says now.
  if (stable && config?.changed && !state.rejected.includes(rejectedConfig(stable.sha, config.digest)))
    return {
      kind: 'release',
      sha: stable.sha,
      wanted: { cause: 'config', sha: stable.sha, config: config.digest },
    }
  if (!head) return nothing('the branch has no commit')
  return nothing(head.sha === stable?.sha ? 'it holds the traffic already' : 'it was rejected before')
}

/** What a release is remembered by when it ends badly. */
export const rejectionOf = (sha: string, wanted: Wanted | undefined): string =>
  wanted?.cause === 'config' ? rejectedConfig(sha, wanted.config ?? '') : sha

/** Why a commit cannot be tried again; undefined when it can. */
export function whyNoRetry(state: AppState, release: ReleaseRef | undefined): string | undefined {
  const sha = release?.sha ?? state.head
  if (sha === undefined) return 'the branch has no commit'
  if (state.frozen) return `the App is frozen by ${state.frozen.by}; unfreeze it first`
  const short = sha.slice(0, 7)
  if (state.active?.sha === sha) return `${short} is being released now`
  if (state.stable?.sha === sha) return `${short} holds the traffic already`
  if (state.head !== undefined && state.head !== sha)
    return `${short} is not the branch’s newest commit, which is ${state.head.slice(0, 7)}; roll back to it, or push it again`
  return undefined
}

/** The pushed commits that have no outcome yet and are not on their way to one: those of this look, and those of the next. */
export function unanswered(state: AppState, pushed: readonly string[]): Unanswered {
  const answered = new Set([...state.seen, state.active?.sha, state.stable?.sha])
  const waiting = state.waiting ? [state.waiting.sha] : []
  const news = [...new Set([...waiting, ...pushed])].filter((sha) => !answered.has(sha) && sha !== noCommit)
  return { now: news.slice(0, pushesAtOnce), later: news.slice(pushesAtOnce) }
}

interface Unanswered {
  readonly now: readonly string[]
  readonly later: readonly string[]
}

/** What is known once a release has ended. */
export function ended(state: AppState, release: ReleaseRef, outcome: Outcome, wanted?: Wanted): AppState {
  const { active, ...rest } = state
  const goesOn = active && active.seq !== release.seq
  const one = { release: `${release.app.name}-${release.seq}`, sha: release.sha, outcome }
  return {
    ...rest,
    ...(goesOn && { active }),
    seq: Math.max(state.seq, release.seq),
    rejected: isBad(outcome) ? rejecting(state.rejected, rejectionOf(release.sha, wanted)) : state.rejected,
    outcomes: [one, ...state.outcomes].slice(0, 20),
    seen: newest(state.seen, release.sha, 200),
  }
}

/** A commit that ends without having begun: with the number that was kept for it, or the next one. */
export function closeUnbegun(
  state: AppState,
  { app, sha, outcome }: { readonly app: AppRef; readonly sha: string; readonly outcome: Outcome },
): { readonly state: AppState; readonly release: ReleaseRef } {
  const { waiting, seq: last } = state
  const seq = (waiting?.sha === sha ? waiting.seq : undefined) ?? last + 1
  const release = { app, seq, sha }
  return { release, state: ended({ ...state, seq: Math.max(last, seq) }, release, outcome) }
}

/** Whether the commit has its outcome, is on its way to one, or holds the traffic. */
export const isAnswered = ({ active, stable, rejected, seen }: AppState, sha: string): boolean =>
  [active?.sha, stable?.sha, ...rejected, ...seen].includes(sha)

export const rejecting = (rejected: readonly string[], one: string): readonly string[] =>
  newest(rejected, one, 100)

/** What an App knows of itself when its workflow is new: what the cluster remembers. */
export function rebuilt({ seq, releases, said = {} }: Memory): AppState {
  const done = releases.flatMap(({ release, outcome }) => (outcome ? [{ release, outcome }] : []))
  const oldestFirst = done.slice().reverse()
  const nothing: AppState = { v: 1, seq, rejected: [], outcomes: [], seen: [], answered: [] }
  const state = oldestFirst.reduce((known, { release, outcome }) => ended(known, release, outcome), nothing)
  const active = releases.find(({ outcome }) => !outcome)?.release
  const { frozen, rejected: known = state.rejected, waiting, missed = [] } = said
  const rejected = missed.reduce(rejecting, known)
  return {
    ...state,
    rejected,
    ...(active && { active }),
    ...(frozen && { frozen }),
    ...(waiting && { waiting: { sha: waiting } }),
  }
}

const pushesAtOnce = 100
/** Git's "none": somebody said "look again" without having seen a commit. */
const noCommit = '0'.repeat(40)

const newest = (ring: readonly string[], one: string, most: number): readonly string[] =>
  [one, ...ring.filter((other) => other !== one)].slice(0, most)
