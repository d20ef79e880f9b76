// How a release would go, as lines: its weights with the time that they take, its gates and its windows.
import { share, span } from '../domain/figures.ts'
import type { Course } from '../domain/outlook/course.ts'
import { courseInWords, gatesInWords, gatesUnasked } from '../domain/outlook/in-words.ts'
import type { Expected } from '../domain/outlook/measured.ts'
import type { Outlook } from '../domain/outlook.ts'
import { seconds } from './comparison-lines.ts'
import { labelled, paragraph } from './paragraph.ts'

export const courseLines = (outlook: Outlook, columns: number): string[] =>
  labelled([...courseInWords(outlook), ['time', timeInWords(outlook.course, outlook.expected)]], columns, 9)

/** Said of a good version: what harms is taken back earlier. */
function timeInWords({ weights, bake }: Course, expected: Expected | undefined): string {
  if (!expected) {
    if (weights.kind !== 'steps')
      return weights.kind === 'at-once'
        ? ''
        : 'not foretold: no traffic is known of; say --rate, or --prometheus'
    return `at least ${span(weights.steps.reduce((sum, step) => sum + step.for, 0) + bake)} in all`
  }
  const { rate, base, assumed, full, reachedFull } = expected
  const traffic = `With ${Number(rate.toPrecision(3))} requests/s of which ${share(base, 1)} fail${assumed ? ' (assumed)' : ''}`
  const arrives =
    full && reachedFull > 0.5
      ? `a good version is at full after ${seconds(full.median)} (19 of 20 within ${seconds(full.p95)}) and final ${span(bake)} later`
      : 'a good version seldom gets to full by itself'
  return `${traffic}, ${arrives}. Waiting at gates and windows comes on top.`
}

export function gateLines(outlook: Outlook, columns: number): string[] {
  const none = gatesUnasked(outlook)
  return [
    ...(none ? [`  ${none}`] : []),
    ...gatesInWords(outlook).flatMap(([label, text]) => paragraph(`  ${label}: `, text, columns)),
  ]
}
