// What the judge would ask of the metrics, with the present values of the stable revision.

import { counted, share, span } from '../domain/figures.ts'
import { percent } from '../domain/judge/in-words.ts'
import type { ObjectiveValue, Value } from '../domain/outlook/measured.ts'
import type { Outlook } from '../domain/outlook.ts'
import { paragraph } from './paragraph.ts'

export const queryLines = ({ queries }: Outlook, columns: number): string[] =>
  queries.flatMap(({ promql, objectives }) => [
    // On a line of its own: it is there to be copied.
    `  ${promql}`,
    ...objectives.flatMap((one) =>
      paragraph(`    ${one.objective.padEnd(8)} `, objectiveInWords(one), columns),
    ),
  ])

const objectiveInWords = ({ objective, atLeast, below, value }: ObjectiveValue): string => {
  const asked =
    objective === 'success'
      ? 'of the requests must succeed'
      : `must be answered within ${span((below ?? 0) * 1000)}`
  return `${percent(atLeast)} ${asked}; stable: ${valueInWords(value)}`
}

function valueInWords(value: Value): string {
  if (value.kind !== 'measured') return `${value.kind}: ${value.why}`
  const { good, total, from, to } = value
  return `${exact(good, total)} of ${counted(total, 'request')} in ${span(to - from)}`
}

/** Never rounded up to a whole that it is not: 99.996 % is not 100 %. */
function exact(good: number, total: number): string {
  if (good === total) return '100 %'
  const bad = share(total - good, total)
  return `${Number((100 - Number(bad.slice(0, -1))).toPrecision(6))} %`
}
