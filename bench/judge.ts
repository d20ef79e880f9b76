// `npm run bench -- judge`: releases of every kind of canary at once, as real Apps, beside what the simulation expects of them.
import { rm, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { histories } from '../local/history.ts'
import { paths } from '../local/paths.ts'
import { configurationOf, shared } from '../local/served.ts'
import { readState } from '../local/state.ts'
import { type Cost, costOfLooks } from './judge/cost.ts'
import { missed, tooDear } from './judge/goals.ts'
import { predict, usualFull } from './judge/prediction.ts'
import { type Scenario, scenarios } from './judge/scenarios.ts'
import { takePrometheus } from './judge/scrapes.ts'
import { openSubject, removeLeftovers } from './judge/subject.ts'
import { type Result, table } from './judge/table.ts'
import { type Conditions, type Laboratory, runTrial, type Trial } from './judge/trial.ts'
import { turns } from './judge/turns.ts'

export interface JudgeOptions {
  /** Names of scenarios; all when empty. */
  readonly only: readonly string[]
  /** Requests a second: each scenario once with each. */
  readonly rates: readonly number[]
  /** Seconds between two readings of the gateway. */
  readonly interval: number
  /** How many Apps with much traffic run side by side. */
  readonly atOnce: number
  /** Where the report is written, as FILE.json and FILE.md. */
  readonly out?: string
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

export interface JudgeReport {
  readonly interval: number
  readonly cost: Cost
  readonly results: readonly Result[]
  /** Promises that were not kept. */
  readonly missed: readonly string[]
}

/** So few requests cost next to nothing: these Apps all run at once, beside the others. */
const few = 20
/** An identical canary is full by then, and the leak begins a minute later. */
const leakDelay = 60

/** Everything runs already. */
export async function judge(options: JudgeOptions): Promise<JudgeReport> {
  const { interval, say } = options
  const cost = costOfLooks()
  say(`one look takes ${cost.look.mean.toFixed(3)} ms; the judge remembers ${cost.stateBytes} bytes`)
  const planned = plan(options)
  const ended = await inLaboratory(options, (lab) => runAll(lab, planned, options.atOnce))
  const trials = ended.filter(isDone)
  const unmeasured = ended.filter((one) => one instanceof Error).map(({ message }) => message)
  say('simulating the same')
  const results = trials.map(({ trial, scenario }) => {
    const predicted = predict(scenario, trial.rate, interval)
    return { trial, ...(predicted && { predicted }) }
  })
  const unkept = trials.flatMap(({ trial, scenario }) => missed(trial, scenario, interval))
  const report = { interval, cost, results, missed: [...tooDear(cost), ...unmeasured, ...unkept] }
  await publish(options, report)
  return report
}

function plan({ only, rates, interval }: JudgeOptions): readonly Conditions[] {
  const all = rates.flatMap((rate) => {
    const leakAfter = Math.round(usualFull(rate, interval)) + leakDelay
    return scenarios(leakAfter).map((scenario) => ({ scenario, rate }))
  })
  const known = new Set(all.map(({ scenario }) => scenario.name))
  const unknown = only.filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new Error(`no scenario is called ${unknown.join(', ')}; there are: ${[...known].join(', ')}`)
  // Without requests every rate is the same.
  const once = all.filter(({ scenario, rate }) => !scenario.silent || rate === rates[0])
  return once.filter(({ scenario }) => only.length === 0 || only.includes(scenario.name))
}

/** What the trials share is brought, and put back whatever happens. */
async function inLaboratory<Outcome>(
  { interval, say, signal }: JudgeOptions,
  work: (lab: Laboratory) => Promise<Outcome>,
): Promise<Outcome> {
  const state = readState()
  const temporal = await histories(state.addresses.temporal)
  try {
    await removeLeftovers({ state, histories: temporal })
    const prometheus = await takePrometheus(state, `${interval}s`)
    const configuration = shared(configurationOf(state.addresses.gateway), 100)
    try {
      return await work({ state, prometheus, histories: temporal, configuration, say, turn: turns(), signal })
    } finally {
      await prometheus.restore()
    }
  } finally {
    await temporal.close()
    await rm(join(paths.state, 'bench'), { recursive: true, force: true })
  }
}

interface Done {
  readonly trial: Trial
  readonly scenario: Scenario
}

const isDone = (one: Done | Error): one is Done => !(one instanceof Error)

/** Those with much traffic a few at a time, those with little all at once beside them; at last, each alone, those that blind everybody. */
async function runAll(
  lab: Laboratory,
  planned: readonly Conditions[],
  atOnce: number,
): Promise<readonly (Done | Error)[]> {
  const together = planned.filter(({ scenario }) => !scenario.alone)
  const busy = together.filter(({ rate }) => rate > few)
  const quiet = together.filter(({ rate }) => rate <= few)
  const done = await Promise.all([inWaves(lab, busy, atOnce), inWaves(lab, quiet, quiet.length)])
  const alone = planned.filter(({ scenario }) => scenario.alone)
  return [...done.flat(), ...(await inWaves(lab, alone, 1))]
}

async function inWaves(
  lab: Laboratory,
  planned: readonly Conditions[],
  atOnce: number,
): Promise<readonly (Done | Error)[]> {
  const done: (Done | Error)[] = []
  for (let first = 0; first < planned.length && !lab.signal.aborted; first += atOnce) {
    const wave = planned.slice(first, first + atOnce)
    done.push(...(await Promise.all(wave.map((conditions) => runOne(lab, conditions)))))
  }
  return done
}

/** One that cannot be measured must not take the others with it: what was measured is told, also when the rest was stopped. */
async function runOne(lab: Laboratory, { scenario, rate }: Conditions): Promise<Done | Error> {
  const run = Date.now().toString(36).slice(-4)
  const name = `${scenario.name}-${rate}-${run}`
  try {
    const subject = await openSubject(lab, name)
    try {
      const trial = await runTrial(lab, subject, { scenario, rate })
      lab.say(`${name}: ${inShort(trial)}`)
      return { scenario, trial }
    } finally {
      await subject.remove()
    }
  } catch (error) {
    const because = new Error(`${name} was not measured: ${(error as Error).message}`, { cause: error })
    lab.say(because.message)
    return because
  }
}

const inShort = ({ outcome, full, back, harm, temporalEvents }: Trial): string =>
  [
    outcome,
    ...(full === undefined ? [] : [`full after ${full} s`]),
    ...(back === undefined ? [] : [`taken back after ${back} s`]),
    `${Math.round(harm.harmed)} harmed of ${harm.canary.requests}`,
    `${temporalEvents} events`,
  ].join(', ')

async function publish({ out, say }: JudgeOptions, report: JudgeReport): Promise<void> {
  const { results, missed } = report
  const text = `${table(results)}\n`
  say(`\n${text}`)
  for (const line of missed) say(`missed: ${line}`)
  say(`load average ${loadavg()[0]?.toFixed(1)}`)
  if (!out) return
  await writeFile(`${out}.json`, `${JSON.stringify(report, null, 2)}\n`)
  await writeFile(`${out}.md`, text)
}
