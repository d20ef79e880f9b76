// `slipway github status`: how Slipway stands at GitHub, and what is missing there.
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { type Delivery, type Installation, type Standing, standing } from './github-standing.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { registrationIn, secretName } from './registration.ts'
import { type Paint, painter } from './screen.ts'
import { table } from './table.ts'

export async function githubStatus(invocation: Invocation): Promise<ExitCode> {
  const { keeper, at } = await invocation.github()
  const kept = await keeper.find()
  if (!kept) throw unregistered()
  const registration = registrationIn(kept)
  const stands = await standing(at(registration))
  const problems = problemsOf(stands)
  if (invocation.json) answerJson(invocation, { url: registration.url, ...stands, problems })
  else answerLines(invocation, lines(registration.url, stands, problems, painter(invocation.screen.colour)))
  return problems.length > 0 ? exitCodes.error : exitCodes.ok
}

const unregistered = (): Exit =>
  new Exit(exitCodes.notFound, `Slipway is not registered with GitHub: there is no Secret ${secretName}`, {
    advice: 'To register it: slipway github init',
  })

interface Problem {
  readonly what: string
  readonly advice: string
}

function problemsOf({ app, install, missing, installations, deliveries }: Standing): readonly Problem[] {
  const { permissions, events } = missing
  return [
    ...problem(permissions.length > 0, `the App does not ask for ${permissions.join(', ')}`, {
      advice: `add it, then its owners are asked: ${app.settings}/permissions`,
    }),
    ...problem(events.length > 0, `GitHub does not send ${events.join(', ')}`, {
      advice: `subscribe to it: ${app.settings}/permissions`,
    }),
    ...problem(installations.length === 0, 'it is installed nowhere', { advice: `install it: ${install}` }),
    ...installations.flatMap(problemOf),
    ...problem(deliveries[0] !== undefined && !taken(deliveries[0]), 'the last delivery was not taken', {
      advice: `is Slipway's api up, and does GitHub reach it? What it answered: ${app.settings}/advanced`,
    }),
  ]
}

const problem = (is: boolean, what: string, { advice }: Pick<Problem, 'advice'>): readonly Problem[] =>
  is ? [{ what, advice }] : []

function problemOf({
  account,
  settings,
  suspended,
  repositories,
  missing,
}: Installation): readonly Problem[] {
  if (suspended) return [{ what: `${account} has suspended it`, advice: `let it go on: ${settings}` }]
  return [
    ...problem(missing.length > 0, `${account} has not granted ${missing.join(', ')}`, {
      advice: `its owner accepts it there: ${settings}`,
    }),
    ...problem(repositories === 0, `it reaches no repository of ${account}`, {
      advice: `choose some there: ${settings}`,
    }),
  ]
}

const taken = ({ code }: Delivery): boolean => code >= 200 && code < 300

function lines(
  url: string,
  { app, webhook, installations, deliveries }: Standing,
  problems: readonly Problem[],
  paint: Paint,
): readonly string[] {
  return [
    `${app.name}  App ${app.id} at ${url}`,
    webhook === undefined
      ? '  GitHub sends nothing: branches are looked at once a minute, and buttons do nothing'
      : `  GitHub sends to ${webhook}`,
    ...(installations.length === 0
      ? []
      : ['', ...table(['ACCOUNT', 'REPOSITORIES', 'STATE'], installations.map(row))]),
    ...(deliveries.length === 0
      ? []
      : ['', ...table(['DELIVERED (UTC)', 'EVENT', 'ANSWER'], deliveries.map(told))]),
    '',
    ...(problems.length === 0
      ? [paint('green', 'Nothing is missing.')]
      : problems.flatMap(({ what, advice }) => [paint('red', `✗ ${what}`), `  ${advice}`])),
  ]
}

const row = ({ account, all, repositories, suspended, missing }: Installation): readonly string[] => [
  account,
  `${all ? 'all, ' : ''}${repositories ?? '?'}`,
  suspended ? 'suspended' : missing.length > 0 ? `not granted: ${missing.join(', ')}` : 'installed',
]

const told = (delivery: Delivery): readonly string[] => [
  new Date(delivery.at).toISOString().slice(0, 19).replace('T', ' '),
  delivery.event,
  taken(delivery) ? `${delivery.code}` : `not taken: ${delivery.code || 'no answer'} ${delivery.status}`,
]
