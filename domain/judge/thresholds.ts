// Judges by fixed objectives: enough requests, and an objective missed in several looks in a row, or met when the step's time is over.
import { advance, type Counters, type Delta, minus, noCounters, noRequests, plus } from './counters.ts'
import { recentSpan, silence } from './defaults.ts'
import type { Evidence, Judged, Objectives, Reading, Tally, Verdict } from './judge.ts'

/** One step's question. */
export interface StepQuestion {
  readonly canary: string
  readonly stable?: string
  /** The readings' only latency bound is the objective's. */
  readonly objectives: Objectives
  /** Requests that must be seen before anything is decided. */
  readonly requests: number
  /** Bad looks in a row that make a verdict. */
  readonly looks: number
  /** When the gateway began to serve the step's weight, in milliseconds since the epoch. */
  readonly since: number
  /** How long to look at least, in milliseconds. */
  readonly for: number
}

/** What has been seen of the step. Plain JSON. */
interface Window {
  readonly since: number
  readonly canary: Tally
  readonly stable: Tally
  /** What the gateway counted for the route as a whole. */
  readonly route: Tally
  /** When the canary's or the route's counters were last read. */
  readonly until: number
  /** The latest minute or two, so that a long good past cannot hide a bad present. */
  readonly recent: Recent
  readonly looks: number
  /** Bad looks in a row. */
  readonly bad: number
}

/** Two buckets: the one being filled, and the full one before it. */
interface Recent {
  readonly from: number
  readonly current: Tally
  readonly previous: Tally
}

export interface ThresholdsState {
  readonly counters: Counters
  readonly window: Window | null
}

/**
 * A look is a reading that brings new requests of the canary. It is bad when an objective is missed by what is new and by the last
 * minute; once the step's time is over, by the step as a whole. One bad answer never makes a bad look.
 */
export function judgeThresholds(
  question: StepQuestion,
  state: ThresholdsState,
  reading: Reading,
): Judged<ThresholdsState> {
  const { counters, deltas } = advance(state.counters, reading)
  const before = state.window?.since === question.since ? state.window : opened(question)
  const window = look(question, before, deltas)
  return { state: { counters, window }, verdict: decide(question, window, reading) }
}

export const beginThresholds = (): ThresholdsState => ({ counters: noCounters, window: null })

const opened = ({ since }: StepQuestion): Window => ({
  since,
  canary: noRequests,
  stable: noRequests,
  route: noRequests,
  until: since,
  recent: { from: since, current: noRequests, previous: noRequests },
  looks: 0,
  bad: 0,
})

/** Adds what is new to the window, and counts the look when it is one. */
function look(question: StepQuestion, before: Window, deltas: readonly Delta[]): Window {
  const counted = deltas.filter(({ at }) => at > question.since)
  const sum = (revision: string | undefined) =>
    counted
      .filter((delta) => delta.revision === revision)
      .reduce((all, { tally }) => plus(all, tally), noRequests)
  const watched = counted.filter(({ revision }) => revision === question.canary || revision === undefined)
  const window = {
    ...before,
    canary: plus(before.canary, sum(question.canary)),
    stable: question.stable ? plus(before.stable, sum(question.stable)) : before.stable,
    route: plus(before.route, sum(undefined)),
    until: Math.max(before.until, ...watched.map(({ at }) => at)),
  }
  const fresh = minus(blamed(window), blamed(before))
  const recent = slide(before.recent, window.until, fresh)
  // Instances read at the same moment are one look, even when they arrive apart.
  if (fresh.requests <= 0 || window.until === before.until) return { ...window, recent }
  const bad = isBad(question, { ...window, recent }, fresh)
  return { ...window, recent, looks: before.looks + 1, bad: bad ? before.bad + 1 : 0 }
}

function slide({ from, current, previous }: Recent, until: number, fresh: Tally): Recent {
  if (until - from < recentSpan) return { from, current: plus(current, fresh), previous }
  return { from: until, current: fresh, previous: current }
}

function isBad({ objectives, ...question }: StepQuestion, window: Window, fresh: Tally): boolean {
  const all = blamed(window)
  if (all.requests < question.requests) return false
  const recent = plus(window.recent.current, window.recent.previous)
  const missedClearly = (kind: Kind, tally: Tally) => excess(objectives, kind, tally) > 1
  return kinds.some(
    (kind) =>
      (missedClearly(kind, recent) && excess(objectives, kind, fresh) > 0) ||
      (isOver(question, window) && missedClearly(kind, all)),
  )
}

const isOver = (question: Pick<StepQuestion, 'since' | 'for'>, { until }: Window) =>
  until - question.since >= question.for

function decide(question: StepQuestion, window: Window, reading: Reading): Verdict {
  const { objectives, canary } = question
  const evidence = evidenceOf(window)
  const all = evidence.canary
  if (window.bad >= question.looks)
    return {
      kind: 'harmful',
      reason: `${complaint(objectives, window)}, in ${window.bad} looks in a row`,
      evidence,
    }

  const undecided = (reason: string, noData = false): Verdict => ({
    kind: 'undecided',
    reason,
    noData,
    evidence,
  })
  const [needed, quiet] = [question.requests, reading.at - window.until]
  if (all.requests === 0) return undecided(`no request has reached ${canary} yet`, true)
  if (!isOver(question, window) && quiet > silence)
    return undecided(
      `the gateway's counters for ${canary} have not moved on for ${Math.round(quiet / 1000)} s`,
      true,
    )
  if (!isOver(question, window))
    return undecided(complaint(objectives, window) || 'the step is being watched')
  if (all.requests < needed) return undecided(`${all.requests} of ${needed} requests needed`, true)
  if (objectives.latency && all.timed < needed)
    return undecided(`the latency is known of ${all.timed} of ${needed} requests needed`, true)
  if (window.bad > 0 || broken(objectives, all).length > 0) return undecided(complaint(objectives, window))
  return { kind: 'safe', reason: `every objective is met on ${all.requests} requests`, evidence }
}

/** Which objectives are missed, on the step as a whole or, failing that, of late. */
function complaint(objectives: Objectives, window: Window): string {
  const all = blamed(window)
  const missed = broken(objectives, all).length > 0
  const tally = missed ? all : plus(window.recent.current, window.recent.previous)
  return broken(objectives, tally)
    .map((kind) => told(objectives, kind, tally))
    .join('; ')
}

type Kind = 'success' | 'latency'
const kinds: readonly Kind[] = ['success', 'latency']

/** The objectives that the tally misses. */
function broken(objectives: Objectives, tally: Tally): Kind[] {
  return kinds.filter((kind) => excess(objectives, kind, tally) > 0)
}

/** How many bad requests there are beyond what the objective allows. A hair's breadth of rounding is forgiven. */
function excess({ success, latency }: Objectives, kind: Kind, tally: Tally): number {
  const allowed = kind === 'success' ? 1 - success : 1 - (latency?.share ?? 0)
  const [bad, of] = kind === 'success' ? [tally.errors, tally.requests] : [slow(tally), tally.timed]
  const beyond = bad - of * allowed
  return beyond > of * 1e-9 ? beyond : 0
}

/** What the canary answers for: its own requests, and the errors that the gateway answered by itself while the canary held weight. */
function blamed({ canary, stable, route }: Window): Tally {
  const alone = Math.max(0, route.errors - canary.errors - stable.errors)
  return { ...canary, requests: canary.requests + alone, errors: canary.errors + alone }
}

const evidenceOf = (window: Window): Evidence => ({
  from: window.since,
  to: window.until,
  canary: blamed(window),
  stable: window.stable,
  looks: window.looks,
})

/** The answers beyond the only bound that is asked for: the objective's. */
const slow = ({ timed, within: [fast = timed] }: Tally) => timed - fast

function told({ success, latency }: Objectives, kind: Kind, tally: Tally): string {
  const { requests, errors, timed } = tally
  if (kind === 'success')
    return `${errors} of ${requests} requests failed (${share(errors / requests)}; ${share(1 - success)} allowed)`
  const { below, share: wanted } = latency ?? { below: 0, share: 0 }
  return `${slow(tally)} of ${timed} requests took longer than ${below} s (${share(slow(tally) / timed)}; ${share(1 - wanted)} allowed)`
}

const share = (fraction: number) => `${Number((fraction * 100).toFixed(2))} %`
