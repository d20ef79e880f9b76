// What a push would do, as a check run on the commit that is offered: what GitHub is sent for it. Pure: no client in sight.
import { counted, firstLine, shortSha } from '../../domain/figures.ts'
import { type Foresight, type Foretold, foreseenId } from '../../domain/foresight.ts'
import {
  changeInWords,
  courseInWords,
  gatesInWords,
  gatesUnasked,
  noChanges,
  verdictInWords,
} from '../../domain/outlook/in-words.ts'
import type { Outlook } from '../../domain/outlook.ts'
import { type Annotation, problemsIn } from './annotations.ts'
import { type CheckRun, checkName, time } from './check-run.ts'
import type { CommitStatus } from './commit-status.ts'
import { code, codeBlock, plain, said, table } from './markdown.ts'

export function planRun(foretold: Foretold): CheckRun {
  const { app, at, foresight } = foretold
  return {
    name: `${checkName({ app })} / plan`,
    external_id: foreseenId(foretold),
    status: 'completed',
    conclusion: conclusions[foresight.kind],
    started_at: time(at),
    completed_at: time(at),
    output: { title: title(foresight), summary: summary(foretold) },
    actions: [],
  }
}

/** The problems of slipway.yaml, at their lines. */
export const planRemarks = ({ foresight }: Foretold): readonly Annotation[] =>
  foresight.kind === 'refused' ? problemsIn(foresight.why) : []

/** Where Slipway was not granted checks. */
export const planStatus = ({ app, foresight }: Foretold): CommitStatus => ({
  state: foresight.kind === 'refused' ? 'failure' : 'success',
  context: `slipway/${app.name}/plan`,
  description: plain(title(foresight), 140),
})

const conclusions = { taken: 'success', refused: 'failure', fork: 'neutral' } as const

const forkTitle = 'forks are not built: nothing of them is read'

function title(foresight: Foresight): string {
  if (foresight.kind === 'fork') return forkTitle
  if (foresight.kind === 'refused') return plain(`would be refused: ${firstLine(foresight.why)}`, 255)
  const { next, stable, changes } = foresight.outlook
  const against = stable ? `${counted(changes.length, 'change')} in how it runs` : 'the first release'
  return plain(`${verdictInWords[next.kind]}: ${against}`, 255)
}

function summary({ at, foresight }: Foretold): string {
  if (foresight.kind === 'fork')
    return 'Whoever may push to this repository can push the commit to a branch here: then its plan is shown.'
  const preface = `What a push of this file would do, as things stand at ${time(at)}. For a pull request nothing is built, and nothing is made.`
  if (foresight.kind === 'refused') return `${preface}\n\n${codeBlock(foresight.why)}`
  return [preface, ...outlookParts(foresight.outlook)].join('\n\n')
}

function outlookParts(outlook: Outlook): string[] {
  const { app, stable, changes } = outlook
  const gates = gatesInWords(outlook)
  const unasked = gatesUnasked(outlook)
  return [
    table(['', ''], rows([...standing(outlook), ...courseInWords(outlook)])),
    ...(stable ? [`### Changes against ${code(stable.revision)}`, changesOf(changes)] : []),
    ...(gates.length > 0
      ? ['### Gates', ...(unasked ? [said(unasked)] : []), table(['', ''], rows(gates))]
      : []),
    'More, from the command line:',
    codeBlock(`slipway plan --app ${app.name} --namespace ${app.namespace}`, 'sh'),
  ]
}

const standing = ({ next, stable }: Outlook): readonly (readonly [string, string])[] => [
  ['now', next.why],
  ['stable', stable ? `${stable.revision} (commit ${shortSha(stable.sha)})` : 'nothing yet'],
]

/** GitHub takes 64 KB: more than anybody reads. */
const shown = 50

const rows = (all: readonly (readonly [string, string])[]): readonly (readonly string[])[] =>
  all
    .filter(([, text]) => text !== '')
    .slice(0, shown)
    .map(([label, text]) => [said(label), said(text, 400)])

function changesOf(changes: Outlook['changes']): string {
  if (changes.length === 0) return said(noChanges)
  const lines = changes.slice(0, shown).map((change) => {
    const { sign, text } = changeInWords(change)
    return `${sign} ${text}`
  })
  const more = changes.length > shown ? [`… and ${changes.length - shown} more`] : []
  return codeBlock([...lines, ...more].map((line) => plain(line, 300)).join('\n'), 'diff')
}
