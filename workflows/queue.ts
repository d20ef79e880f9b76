// What an App does next, given what it knows and what it sees: pure, so that it can be told the wildest stories in a test.
import type { Memory } from '../activities/report.ts'
import type { Sight } from '../activities/source.ts'
import type { Outcome, ReleaseRef } from '../domain/release.ts'
import type { AppState } from './messages.ts'

export type Decision =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'release'; readonly sha: string }
  /** A release runs; this commit comes next, at once when it supersedes. */
  | { readonly kind: 'wait'; readonly sha: string; readonly supersede: boolean }

/** One release at a time, the newest push next, nothing twice. */
export function decide(state: AppState, { head, stable }: Sight): Decision {
  if (!head) return { kind: 'nothing', why: 'the branch has no commit' }
  const { sha } = head
  if (state.active?.sha === sha) return { kind: 'nothing', why: 'it is being released' }
  if (state.rejected.includes(sha)) return { kind: 'nothing', why: 'it was rejected before' }
  if (state.active) return { kind: 'wait', sha, supersede: head.supersede === 'latest' }
  if (stable?.sha === sha) return { kind: 'nothing', why: 'it holds the traffic already' }
  return { kind: 'release', sha }
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

/** A commit whose release ended like this is not tried again by itself. */
const bad: readonly Outcome[] = ['rolled-back', 'failed', 'aborted']

/** What is known once a release has ended. */
export function ended(state: AppState, release: ReleaseRef, outcome: Outcome): AppState {
  const { active, ...rest } = state
  const goesOn = active && active.seq !== release.seq
  const one = { release: `${release.app.name}-${release.seq}`, sha: release.sha, outcome }
  return {
    ...rest,
    ...(goesOn && { active }),
    seq: Math.max(state.seq, release.seq),
    rejected: bad.includes(outcome) ? newest(state.rejected, release.sha, 100) : state.rejected,
    outcomes: [one, ...state.outcomes].slice(0, 20),
    seen: newest(state.seen, release.sha, 200),
  }
}

/** What an App knows of itself when its workflow is new: what the cluster remembers. */
export function rebuilt({ seq, releases }: Memory): AppState {
  const done = releases.flatMap(({ release, outcome }) => (outcome ? [{ release, outcome }] : []))
  const oldestFirst = done.slice().reverse()
  const nothing: AppState = { v: 1, seq, rejected: [], outcomes: [], seen: [], answered: [] }
  const state = oldestFirst.reduce((known, { release, outcome }) => ended(known, release, outcome), nothing)
  const active = releases.find(({ outcome }) => !outcome)?.release
  return active ? { ...state, active } : state
}

const pushesAtOnce = 100
/** Git's "none": somebody said "look again" without having seen a commit. */
const noCommit = '0'.repeat(40)

const newest = (ring: readonly string[], one: string, most: number): readonly string[] =>
  [one, ...ring.filter((other) => other !== one)].slice(0, most)
