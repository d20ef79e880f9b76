// How the judge's numbers are said to people, wherever they read them.
import { counted, share } from '../figures.ts'
import type { Evidence, Objectives, Tally, TestResult } from './judge.ts'

/** What was counted of canary and stable, side by side: a label, and the number of each. */
export function comparison(
  { canary, stable }: Evidence,
  objectives: Objectives | undefined,
): readonly (readonly string[])[] {
  const both = (tell: (tally: Tally) => string) => [tell(canary), tell(stable)]
  const latency = objectives?.latency
  return [
    ['requests', ...both(({ requests }) => grouped(requests))],
    ['errors', ...both(errors)],
    ...(latency ? [[`within ${Math.round(latency.below * 1000)} ms`, ...both(inTime)]] : []),
  ]
}

const errors = ({ requests, errors }: Tally): string =>
  `${grouped(errors)}${errors > 0 ? ` (${share(errors, requests)})` : ''}`

const inTime = ({ timed, within: [fast = 0] }: Tally): string => share(fast, timed)

/** The bounds that a verdict is made of. */
export function verdictWords(test: TestResult): readonly string[] {
  const atLeast = atLeastWorse(test)
  return [
    `evidence of harm ${evidenceOfHarm(test)}: it is taken back when the limit is reached`,
    `the canary is ${[atMostWorse(test), ...(atLeast ? [atLeast] : [])].join(' and ')}`,
    `${counted(Math.max(0, test.harmed), 'request')} harmed`,
    test.proven ? 'proven safe' : 'not proven safe',
  ]
}

export const provenWords = (proven: boolean): string =>
  proven ? 'yes' : 'no: nothing showed harm, and nothing showed safety in time'

/** 37.2 of 100 → `37 / 100`. Rounded down, so that the limit is shown only when it is reached. */
export const evidenceOfHarm = ({ harm, limit }: Pick<TestResult, 'harm' | 'limit'>): string =>
  `${grouped(Math.floor(Math.max(0, harm)))} / ${grouped(Math.round(limit))}`

/** `at most 0.8 pp worse (95 %)`. A bound is rounded to the side on which it stays true. */
export const atMostWorse = ({ atMost, confidence }: Pick<TestResult, 'atMost' | 'confidence'>): string =>
  `at most ${points(atMost, Math.ceil)} worse (${percent(confidence)})`

/** `at least 1.2 pp worse (99 %)`; undefined while nothing is shown. */
export const atLeastWorse = ({
  atLeast,
  limit,
}: Pick<TestResult, 'atLeast' | 'limit'>): string | undefined =>
  atLeast > 0 ? `at least ${points(atLeast, Math.floor)} worse (${percent(1 - 1 / limit)})` : undefined

/** 0.008 → `0.8 pp`: a difference between two shares of requests, in percentage points, to two digits. */
export function points(difference: number, round: (value: number) => number = Math.round): string {
  const value = difference * 100
  const perDigit = 10 ** (1 - Math.floor(Math.log10(Math.abs(value) || 1)))
  // What floating point adds or takes away is no digit.
  const rounded = round(Number((value * perDigit).toPrecision(12))) / perDigit
  return `${Number(rounded.toPrecision(2)) + 0} pp`
}

/** 0.95 → `95 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(4))} %`

/** Every digit: `1,234,567`. */
export const grouped = (value: number): string => value.toLocaleString('en-US')
