// What is known of a canary, in short: the numbers behind its weight and its verdict.

import { count, counted, share, span } from '../domain/figures.ts'
import { atMostWorse, evidenceOfHarm, points, provenWords } from '../domain/judge/in-words.ts'
import type { Evidence, Tally, TestResult } from '../domain/judge/judge.ts'
import type { ReleaseView } from './cluster.ts'

/** Both sides' counts, and where the test stands. */
export const evidenceLine = ({ canary, stable, test }: Evidence): string =>
  [`canary ${tallyLine(canary)}`, `stable ${tallyLine(stable)}`, ...(test ? [testLine(test)] : [])].join(
    ' · ',
  )

/** `harm 37 / 100, at most 0.8 pp worse (95 %), 2 requests harmed`. */
export const testLine = (test: TestResult): string => `harm ${testNumbers(test)}`

export const testNumbers = (test: TestResult): string =>
  `${evidenceOfHarm(test)}, ${atMostWorse(test)}, ${harmedSoFar(test)}`

export const tallyLine = ({ requests, errors }: Tally): string =>
  `${counted(requests, 'request')}, ${counted(errors, 'error')}${errors > 0 ? ` (${share(errors, requests)})` : ''}`

export const harmedSoFar = ({ harmed }: TestResult): string =>
  `${counted(Math.max(0, harmed), 'request')} harmed`

/** What to look at while a release runs, and what remains of it afterwards: a label and a sentence each. */
export function standing(release: ReleaseView, now: number): readonly (readonly [string, string])[] {
  const test = release.evidence?.test
  if (!test) return []
  const running = isOpen(release)
  return [
    ['harm', `${meter(test.harm / test.limit)} ${testNumbers(test)}`],
    ...(running && test.why ? [['weight', test.why] as const] : []),
    ...(running ? [['traffic', reach(test)] as const] : []),
    ['proven', provenLine(release, now)],
  ]
}

/** The smallest harm that this traffic reveals. */
export function reach({ rate, detectable }: TestResult): string {
  const traffic = `${rate >= 10 ? count(rate) : Number(rate.toPrecision(2))} requests/s`
  if (detectable === undefined) return `${traffic}; what it can reveal is not known yet`
  if (detectable >= 1)
    return `${traffic} reveal nothing by the deadline, not even a version that always fails`
  return `${traffic} reveal a rise of ${points(detectable, Math.ceil)} or more by the deadline`
}

/** Whether the release is shown to be safe; else what that takes, and what happens without it. */
export function provenLine(release: ReleaseView, now: number): string {
  const { proven, phase, outcome, judging } = release
  if (outcome === 'rolled-back') return 'no: it was taken back'
  if (phase === 'rolling-back') return 'no: it is being taken back'
  if (proven === true) return 'yes'
  if (proven === false || outcome === 'promoted') return provenWords(false)
  if (outcome !== undefined) return 'no: it ended before'
  if (!judging) return 'not yet'
  const { errorMargin, onDeadline } = judging.method
  const left = deadlineOf(release) - now
  const without = onDeadline === 'hold' ? 'it holds without proof' : 'it goes on without proof'
  const time = left > 0 ? `in ${span(left)}` : 'from now on'
  return `not yet: at most ${points(errorMargin)} worse is asked for; ${without} ${time}`
}

/** Whether the judge still has a word to say. */
export const isOpen = ({ phase }: ReleaseView): boolean => phase === 'rolling-out' || phase === 'baking'

/** When a calm release goes on unproven, in milliseconds since the epoch. */
export function deadlineOf({ judging, transitions, startedAt }: ReleaseView): number {
  const first = transitions.find(({ weight }) => weight > 0)
  return (first?.at ?? startedAt) + (judging?.method.deadline ?? 0) * 1000
}

/** Ten squares: how near the limit is. */
function meter(part: number): string {
  const filled = Math.min(10, Math.floor(Math.max(0, part) * 10))
  return '█'.repeat(filled) + '░'.repeat(10 - filled)
}
