// `slipway plan`: what a push of this file would do. It reads, decides by the release's own rules, and changes nothing.
import { resolve } from 'node:path'
import type { AppRef, AppSpec } from '../domain/app.ts'
import { describeProblems, manifestName, readManifest } from '../domain/manifest.ts'
import { lookAhead, type Outlook, type Push } from '../domain/outlook.ts'
import type { Policy } from '../domain/policy.ts'
import type { Problem } from '../domain/yaml-document.ts'
import type { Foreseen } from '../platform/foreseen.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { nameIn, textOf } from './manifest-file.ts'
import { outlookLines } from './outlook-lines.ts'
import { painter } from './screen.ts'
import { permitted, type Surveyed, survey } from './survey.ts'

export interface PlanOptions {
  readonly app?: string
  /** The commit that the file would be pushed as, or its beginning. */
  readonly commit?: string
  readonly prometheus?: string
  readonly rate?: number
}

export async function plan(
  invocation: Invocation,
  file = manifestName,
  options: PlanOptions,
): Promise<ExitCode> {
  const text = file === '-' ? await invocation.stdin() : await textOf(resolve(invocation.cwd, file))
  const cluster = await invocation.cluster()
  const app = { namespace: cluster.namespace, name: options.app ?? nameIn(text) }
  const from = await invocation.survey(options.prometheus)
  const declared = await permitted(app, from.deploy.describe(app))
  const spec = specOf(invocation, text, app, declared.policy)
  const asked = { app, spec, declared, rate: options.rate }
  const surveyed = await permitted(app, survey(cluster, from, asked))
  const outlook = ahead(invocation, text, { spec, ...sha(options) }, surveyed)
  const { scale = 'full' } = spec.release
  const objects = from.foresee(outlook, surveyed.seen, { scale, ...spec.route })
  answer(invocation, { outlook, objects, unseen: surveyed.unseen })
  return exitCodes.ok
}

export interface Told {
  readonly outlook: Outlook
  readonly objects: readonly Foreseen[]
  /** What the caller may not see, or nobody can know yet. */
  readonly unseen: readonly string[]
}

function answer(invocation: Invocation, told: Told): void {
  const { screen, json } = invocation
  const columns = screen.tty ? Math.min(screen.columns(), 120) : 100
  if (json)
    answerJson(invocation, { refused: false, ...told.outlook, objects: told.objects, unseen: told.unseen })
  else answerLines(invocation, outlookLines(told, painter(screen.colour), columns))
}

const sha = ({ commit }: PlanOptions): Pick<Push, 'sha'> => (commit === undefined ? {} : { sha: commit })

function ahead(invocation: Invocation, text: string, push: Push, { seen }: Surveyed): Outlook {
  const told = lookAhead(text, push, seen, invocation.now())
  if ('outlook' in told) return told.outlook
  throw refused(invocation, seen.app, told.problems)
}

function specOf(invocation: Invocation, text: string, app: AppRef, policy: Policy | undefined): AppSpec {
  const read = readManifest(text, app, policy)
  if ('spec' in read) return read.spec
  throw refused(invocation, app, read.problems)
}

/** The same sentences that the commit would get. */
function refused(invocation: Invocation, { namespace, name }: AppRef, problems: readonly Problem[]): Exit {
  if (invocation.json) answerJson(invocation, { refused: true, app: { namespace, name }, problems })
  const why = describeProblems(problems)
  return new Exit(exitCodes.refused, `a push of this file to ${namespace}/${name} would be refused: ${why}`)
}
