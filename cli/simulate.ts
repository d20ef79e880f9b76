// `slipway simulate`: what releases catch, how fast and at what cost, beside other ways to release; or what one App's would.
import { resolve } from 'node:path'
import { defaultMethod } from '../domain/judge/method.ts'
import { type Cell, cellsOf, compare, objectivesFor, type Question } from '../domain/simulation/comparison.ts'
import { canariesOf, type ForecastQuestion, forecast, type Told } from '../domain/simulation/forecast.ts'
import { comparisonLines } from './comparison-lines.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { forecastDocument, forecastLines } from './forecast-lines.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { readApp, textOf } from './manifest-file.ts'
import type { SimulateOptions } from './simulation-options.ts'

const defaultRates = [0.1, 1, 10, 100, 1000]
const defaultRuns = 200

export async function simulate(invocation: Invocation, options: SimulateOptions): Promise<ExitCode> {
  if (options.app === undefined) await answerComparison(invocation, options)
  else await answerForecast(invocation, options, options.app)
  return exitCodes.ok
}

async function answerComparison(invocation: Invocation, options: SimulateOptions): Promise<void> {
  const { base, seed, truth, policy, incident, scrape, runs = defaultRuns } = options
  const question: Question = {
    runs,
    seed,
    rates: options.rate ?? defaultRates,
    base,
    objectives: objectivesFor(base),
    truths: truth,
    policies: policy,
    method: { ...defaultMethod, tick: scrape / 1000 },
    ...(incident && { incident }),
  }
  const cells = await collect<Cell>(invocation, compare(question), cellsOf(question))
  if (invocation.json) answerJson(invocation, { ...question, cells })
  else answerLines(invocation, comparisonLines(question, cells))
}

async function answerForecast(invocation: Invocation, options: SimulateOptions, file: string): Promise<void> {
  const [rate, ...others] = options.rate ?? []
  if (rate === undefined || others.length > 0)
    throw new Exit(exitCodes.usage, 'cannot tell what would be caught without one rate of requests', {
      advice: `Say how many requests a second the App gets: slipway simulate --app ${file} --rate 40`,
    })
  const { base, seed, scrape, runs = defaultRuns } = options
  const { name, spec } = readApp(await textOf(resolve(invocation.cwd, file)))
  const question: ForecastQuestion = { release: spec.release, rate, base, tick: scrape / 1000, runs, seed }
  const told = await collect<Told>(invocation, forecast(question), canariesOf(spec.release).length + 1)
  if (invocation.json) answerJson(invocation, forecastDocument(name, question, told))
  else answerLines(invocation, forecastLines(name, question, told))
}

const patience = 2000

/** Everything that comes; whoever waits longer than a moment at a terminal sees how far it is. */
async function collect<T>({ screen, now }: Invocation, answers: Iterable<T>, all: number): Promise<T[]> {
  const began = now()
  const collected: T[] = []
  let shown = false
  for (const answer of answers) {
    collected.push(answer)
    if (screen.tty && now() - began > patience) {
      screen.err(`\r${collected.length} of ${all} simulated\u001b[K`)
      shown = true
    }
    // Between two cells a signal may come through.
    await new Promise((resume) => setImmediate(resume))
  }
  if (shown) screen.err('\r\u001b[K')
  return collected
}
