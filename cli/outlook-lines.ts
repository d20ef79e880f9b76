// What a push would do, as lines for people: in the order in which it would happen.

import { shortSha } from '../domain/figures.ts'
import { changeInWords, noChanges, verdictInWords } from '../domain/outlook/in-words.ts'
import type { Outlook } from '../domain/outlook.ts'
import { imageReference } from '../domain/revision.ts'
import type { Foreseen } from '../platform/foreseen.ts'
import { surgeLine } from './beside.ts'
import { courseLines, gateLines } from './course-lines.ts'
import { paragraph } from './paragraph.ts'
import type { Told } from './plan.ts'
import { queryLines } from './query-lines.ts'
import { type Colour, harmless, type Paint } from './screen.ts'

export function outlookLines(told: Told, paint: Paint, columns: number): string[] {
  const { outlook, objects, unseen } = cleaned(told)
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? ['', paint('bold', title), ...lines] : []
  return [
    ...headLines(outlook, paint, columns),
    ...part(changesTitle(outlook), changeLines(outlook, columns)),
    ...part('Objects', objectLines(outlook, objects, paint, columns)),
    ...part('Steps', courseLines(outlook, columns)),
    ...part('Gates', gateLines(outlook, columns)),
    ...part('Queries', queryLines(outlook, columns)),
    ...part(
      'Not seen',
      unseen.flatMap((one) => paragraph('  ', one, columns)),
    ),
  ]
}

/** Files, gates and reasons were written by others. */
function cleaned<Data>(data: Data): Data {
  const text = JSON.stringify(data, (_, value) => (typeof value === 'string' ? harmless(value) : value))
  return JSON.parse(text)
}

const verdictColours: Readonly<Record<Outlook['next']['kind'], Colour>> = {
  begins: 'green',
  supersedes: 'yellow',
  waits: 'yellow',
  nothing: 'gray',
}

function headLines(
  { app, source, release, next, canary, stable }: Outlook,
  paint: Paint,
  columns: number,
): string[] {
  const as = next.kind === 'nothing' ? '' : ` as ${release}`
  const image = canary.image
    ? `built already: ${imageReference(canary.image)}`
    : 'its image is built at the push'
  return [
    `${paint('bold', `${app.namespace}/${app.name}`)}  ${paint(verdictColours[next.kind], `${verdictInWords[next.kind]}${as}`)}`,
    ...paragraph('  now       ', next.why, columns),
    ...paragraph('  source    ', source ? `${source.repository} ${source.branch}` : undeclared, columns),
    ...paragraph('  canary    ', `${canary.name}; ${image}`, columns),
    ...paragraph(
      '  stable    ',
      stable ? `${stable.revision} (commit ${shortSha(stable.sha)})` : 'nothing yet',
      columns,
    ),
  ]
}

const undeclared =
  'the cluster does not declare this App yet: a first push to Slipway’s own git remote does, or an App object with spec.source'

const changesTitle = ({ stable }: Outlook): string => (stable ? `Changes against ${stable.revision}` : '')

function changeLines({ stable, changes }: Outlook, columns: number): string[] {
  if (!stable) return []
  if (changes.length === 0) return [`  ${noChanges}`]
  return changes.map(changeInWords).flatMap(({ sign, text }) => paragraph(`  ${sign} `, text, columns))
}

const colours: Readonly<Record<Foreseen['does'], Colour>> = {
  create: 'green',
  change: 'yellow',
  keep: 'gray',
  stop: 'yellow',
  remove: 'red',
  unsure: 'gray',
}

function objectLines(
  { surge, stable }: Outlook,
  objects: readonly Foreseen[],
  paint: Paint,
  columns: number,
): string[] {
  const wide = Math.max(...objects.map(({ kind }) => kind.length))
  const cost = `${stable ? 'beside what runs now, until the bake is over: ' : ''}${surgeLine(surge)}`
  return [
    ...objects.flatMap(({ does, kind, name, what }) => {
      const [first = '', ...rest] = paragraph(
        `  ${does.padEnd(6)}  ${kind.padEnd(wide)}  `,
        `${name}: ${what}`,
        columns,
      )
      return [first.replace(does, paint(colours[does], does)), ...rest]
    }),
    ...paragraph('  ', cost, columns),
  ]
}
