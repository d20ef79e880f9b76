// Asks a release or an App for something, through the one door: creates a Command, and waits for its answer.
import { setTimeout as pause } from 'node:timers/promises'
import type { AppVerb, ReleaseVerb } from '../domain/command.ts'
import { span } from '../domain/figures.ts'
import type { Cluster, CommandDraft, CommandView } from './cluster.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { knownApp, selectRunning, selectSubject } from './selection.ts'

const defaultTimeout = 30_000
const betweenLooks = 250

/** What every verb may be told. */
export interface WishOptions {
  readonly reason: string
}

/** Asks a release that runs: the one that is named, the newest of the App that is, or the only one. */
export async function steer(
  invocation: Invocation,
  verb: Exclude<ReleaseVerb, 'rollback' | 'retry'>,
  name: string | undefined,
  { reason, gate }: WishOptions & { readonly gate?: string },
): Promise<ExitCode> {
  const cluster = await invocation.cluster()
  const { name: release } = await selectRunning(cluster, verb, name)
  return ask(invocation, cluster, { release, verb, reason, ...(gate !== undefined && { step: gate }) })
}

/** Begins a release that no push begins: of a release that is named, else of an App. */
export async function again(
  invocation: Invocation,
  verb: 'rollback' | 'retry',
  name: string | undefined,
  { reason, app, to }: WishOptions & { readonly app?: string; readonly to?: string },
): Promise<ExitCode> {
  if ((name === undefined) === (app === undefined)) throw misunderstood(verb)
  const cluster = await invocation.cluster()
  const subject =
    app === undefined ? await selectSubject(cluster, name ?? '') : { app: await knownApp(cluster, app) }
  if (to !== undefined && 'release' in subject) throw returnsAlone(subject.release)
  return ask(invocation, cluster, { ...subject, verb, reason, ...(to !== undefined && { to }) })
}

/** Asks an App. */
export async function steerApp(
  invocation: Invocation,
  verb: Extract<AppVerb, 'freeze' | 'unfreeze'>,
  name: string,
  { reason }: WishOptions,
): Promise<ExitCode> {
  const cluster = await invocation.cluster()
  return ask(invocation, cluster, { app: await knownApp(cluster, name), verb, reason })
}

type Wish = Omit<CommandDraft, 'by'>

async function ask(invocation: Invocation, cluster: Cluster, wish: Wish): Promise<ExitCode> {
  const by = await cluster.whoAmI()
  const command = await cluster.command({ ...wish, by }).catch((error: unknown) => {
    throw withTheRole(error, wish, cluster)
  })
  const answer = await answered(cluster, command, invocation.timeout ?? defaultTimeout)
  if (invocation.json) answerJson(invocation, { command, ...wish, by, ...answer })
  if (!answer.accepted) throw refused(wish, answer)
  if (!invocation.json) answerLines(invocation, [`${subjectOf(wish)}: ${answer.message}`, next(wish)])
  return exitCodes.ok
}

async function answered(cluster: Cluster, command: string, timeout: number): Promise<CommandView> {
  const deadline = AbortSignal.timeout(timeout)
  while (!deadline.aborted) {
    const answer = await cluster.answer(command)
    if (answer) return answer
    await pause(betweenLooks)
  }
  throw new Exit(exitCodes.timedOut, `nobody answered the Command ${command} within ${span(timeout)}`, {
    advice: [
      `It stands and will be answered when Slipway runs again: kubectl get command ${command} -n ${cluster.namespace}`,
      'Is it urgent, and Slipway down? slipway abort --direct moves the traffic back without it.',
    ].join('\n'),
  })
}

const subjectOf = ({ release, app }: Wish): string => release ?? app ?? ''

/** What begins a new release is followed by the App's name: the release has none yet. */
function next({ verb, release, app }: Wish): string {
  if (verb === 'freeze' || verb === 'unfreeze') return `See it: slipway status ${app}`
  if (verb !== 'retry' && verb !== 'rollback') return `Follow it: slipway watch ${release}`
  return `Follow it: slipway watch ${app ?? release?.replace(/-\d+$/, '')}`
}

const refused = (wish: Wish, { message }: CommandView): Exit =>
  // A workflow says "cannot abort: …" as well.
  new Exit(
    exitCodes.error,
    `cannot ${wish.verb} ${subjectOf(wish)}: ${message.replace(/^cannot \w+: /, '')}`,
    {
      advice: `See where it stands: slipway ${wish.release ? 'watch' : 'status'} ${subjectOf(wish)}`,
    },
  )

/** The role that has the verb, as manifests/install/people.yaml says. */
const roles: Readonly<Record<string, string>> = {
  approve: 'slipway-approver',
  promote: 'slipway-admin',
  freeze: 'slipway-admin',
  unfreeze: 'slipway-admin',
}

function withTheRole(error: unknown, { verb }: Wish, { namespace }: Cluster): unknown {
  if (!(error instanceof Exit) || error.code !== exitCodes.denied) return error
  const role = roles[verb] ?? 'slipway-developer'
  return new Exit(error.code, error.message, {
    cause: error.cause,
    advice: `Who may ${verb} has the role ${role}, or one with the same verb, in namespace ${namespace}: ask for it, or name another user with --kubeconfig or --context.`,
  })
}

const misunderstood = (verb: string): Exit =>
  new Exit(exitCodes.usage, `${verb} needs a release or an App, and not both`, {
    advice: `Name one: slipway ${verb} shop-7, or slipway ${verb} --app shop`,
  })

const returnsAlone = (release: string): Exit =>
  new Exit(exitCodes.usage, `${release} is a release: its rollback returns to what was stable before it`, {
    advice: `To choose, name the App: slipway rollback --app ${release.replace(/-\d+$/, '')} --to WHAT`,
  })
