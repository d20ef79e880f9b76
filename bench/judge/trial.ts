// One release under load: what became of it, how soon, and whom it harmed, as it was seen from outside.
import { setTimeout as pause } from 'node:timers/promises'
import type { Baseline } from '../../domain/judge/baseline.ts'
import { type ReleaseStatus, releaseName, releaseWorkflowId } from '../../domain/release.ts'
import type { Histories } from '../../local/history.ts'
import { type Load, startLoad } from '../../local/load.ts'
import type { ReadConfiguration } from '../../local/served.ts'
import type { State } from '../../local/state.ts'
import { type Harm, harmOf } from './harm.ts'
import { type Observation, observe, type Share } from './observation.ts'
import { blackout, objectives, type Scenario } from './scenarios.ts'
import type { Prometheus } from './scrapes.ts'
import type { Subject } from './subject.ts'
import type { Turn } from './turns.ts'

/** What all trials share. */
export interface Laboratory {
  readonly state: State
  readonly prometheus: Prometheus
  readonly histories: Histories
  readonly configuration: ReadConfiguration
  readonly say: (line: string) => void
  /** Builds beside each other would only slow each other down. */
  readonly turn: Turn
  readonly signal: AbortSignal
}

export interface Conditions {
  readonly scenario: Scenario
  /** Requests a second. */
  readonly rate: number
}

/** Seconds are counted from the first moment that the gateway gave the canary traffic; what was not seen is absent. */
export interface Trial {
  readonly scenario: string
  readonly rate: number
  /** The release's own, or `held`: it waited for data until somebody ended it. */
  readonly outcome: string
  readonly expected: string
  readonly proven?: boolean
  readonly message: string
  readonly full?: number
  /** When the last of its traffic was taken away. */
  readonly back?: number
  readonly harm: Harm
  /** The canary's shares: `[seconds, thousandths]`. */
  readonly climb: readonly (readonly [number, number])[]
  /** What stable was known by. */
  readonly baseline?: Baseline
  /** What the judge said of it last. */
  readonly evidence?: ReleaseStatus['evidence']
  readonly temporalEvents: number
  readonly heartbeatBytes?: number
}

const stableTimeout = '4m'
const canaryTimeout = '25m'
/** What is asked of a release that can never be decided, in seconds; and how long it is then looked at. */
const silentDeadline = 30
const silentWatch = 75_000
const afterwards = 3_000
const fullWeight = 950

export async function runTrial(lab: Laboratory, subject: Subject, conditions: Conditions): Promise<Trial> {
  const { scenario, rate } = conditions
  const first = await lab.turn((built) =>
    subject.release(
      { name: 'stable', fault: {}, bake: 0 },
      { timeout: stableTimeout, signal: lab.signal, told: whenBuilt(built) },
    ),
  )
  if (first.outcome !== 'promoted' || !first.revision) {
    throw new Error(`the stable version of ${subject.app.name} is ${first.outcome}: ${first.message}`)
  }
  lab.say(`${subject.app.name}: stable serves`)
  const load = scenario.silent ? undefined : startLoad(loadPlan(lab, subject, rate))
  try {
    await pause(history, undefined, { signal: lab.signal })
    return await judged(lab, subject, conditions, first.revision, load)
  } finally {
    await load?.stop()
  }
}

const loadPlan = ({ state }: Laboratory, { host }: Subject, rate: number) => ({
  url: state.addresses.app,
  host,
  rate,
  atMost: { requests: rate * 1_800, time: 1_800_000 },
})

/** The past is known by the minute: two of them, and what is left of a third. */
const history = 150_000

async function judged(
  lab: Laboratory,
  subject: Subject,
  conditions: Conditions,
  stable: string,
  load: Load | undefined,
): Promise<Trial> {
  const { scenario, rate } = conditions
  const name = `${scenario.name} at ${rate}/s`
  const over = new AbortController()
  const signal = AbortSignal.any([lab.signal, over.signal])
  const happening: Promise<void>[] = []
  const seen = observe({
    ...lab,
    app: subject.app,
    stable,
    told: ({ canary }) => {
      lab.say(`${name}: the gateway gives the canary ${canary / 10} %`)
      if (happening.length === 0) happening.push(meanwhile(lab, subject, scenario, seen, signal))
    },
  })
  try {
    const status = await lab.turn((built) => {
      const heard = whenBuilt(built)
      const told = (status: ReleaseStatus) => {
        heard(status)
        seen.hear(status)
      }
      return subject.release(canaryOf(scenario), { timeout: canaryTimeout, signal: lab.signal, told })
    })
    const end = Date.now()
    lab.say(`${name}: ${status.outcome}: ${status.message}`)
    await pause(afterwards, undefined, { signal: lab.signal })
    return await report(lab, conditions, { status, seen, load, end })
  } finally {
    over.abort()
    await Promise.allSettled([seen.stop(), ...happening])
  }
}

const canaryOf = ({ fault, bake, silent }: Scenario) => ({
  name: 'canary' as const,
  fault,
  bake,
  ...(silent && { deadline: silentDeadline }),
})

/** Once: as soon as the release needs no processor any more. */
function whenBuilt(built: () => void): (status: ReleaseStatus) => void {
  return ({ phase }) => {
    if (phase !== 'pending' && phase !== 'reading' && phase !== 'building') built()
  }
}

/** What happens around the canary once it has traffic. */
async function meanwhile(
  { prometheus }: Laboratory,
  subject: Subject,
  { metrics, silent }: Scenario,
  seen: Observation,
  signal: AbortSignal,
): Promise<void> {
  const wait = (milliseconds: number) => pause(milliseconds, undefined, { signal }).catch(() => undefined)
  if (silent) {
    await wait(silentWatch)
    const last = seen.last()
    if (last && !last.outcome) await subject.abort(releaseName(last.release))
  }
  if (!metrics) return
  await wait(blackout.from * 1_000)
  try {
    if (metrics === 'nan') prometheus.blur(subject.app.name)
    else prometheus.stop()
    await wait((blackout.until - blackout.from) * 1_000)
  } finally {
    if (metrics === 'nan') prometheus.clear(subject.app.name)
    else prometheus.resume()
  }
}

interface Ended {
  readonly status: ReleaseStatus
  readonly seen: Observation
  readonly load: Load | undefined
  readonly end: number
}

async function report(
  { histories }: Laboratory,
  { scenario, rate }: Conditions,
  { status, seen, load, end }: Ended,
): Promise<Trial> {
  const { shares } = seen
  const from = shares[0]?.at ?? end
  const seconds = (at: number) => Math.round((at - from) / 100) / 10
  const full = shares.find(({ canary }) => canary >= fullWeight)
  const back = status.outcome === 'rolled-back' ? lastFall(shares) : undefined
  const bytes = seen.heartbeatBytes()
  const held = scenario.silent && status.outcome === 'aborted' ? seen.stalled() : undefined
  return {
    scenario: scenario.name,
    rate,
    outcome: held ? 'held' : (status.outcome ?? status.phase),
    expected: scenario.expected,
    ...(status.proven !== undefined && { proven: status.proven }),
    message: held ?? status.message,
    ...(full && { full: seconds(full.at) }),
    ...(back && { back: seconds(back.at) }),
    harm: harmOf(load?.samples ?? [], from, end + afterwards, objectives.latency.below),
    climb: shares.map(({ at, canary }) => [seconds(at), canary]),
    ...(status.judging && { baseline: status.judging.baseline }),
    ...(status.evidence && { evidence: status.evidence }),
    temporalEvents: await histories.events(releaseWorkflowId(status.release)),
    ...(bytes !== undefined && { heartbeatBytes: bytes }),
  }
}

/** The change since which the canary has had nothing. */
const lastFall = (shares: readonly Share[]): Share | undefined =>
  shares.at(-1)?.canary === 0 ? shares.at(-1) : undefined
