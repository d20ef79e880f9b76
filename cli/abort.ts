// `slipway abort`: asks for a release to be taken back, through the one door, and waits for the answer.
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster, CommandView } from './cluster.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { span } from './notation.ts'
import { unknownRelease } from './selection.ts'

const defaultTimeout = 30_000
const betweenLooks = 250

export async function abort(invocation: Invocation, release: string, reason: string): Promise<ExitCode> {
  const cluster = await invocation.cluster()
  if (!(await cluster.release(release))) throw await unknownRelease(cluster, release)
  const by = await cluster.whoAmI()
  const command = await cluster.command({ release, verb: 'abort', reason, by })
  const answer = await answered(cluster, command, invocation.timeout ?? defaultTimeout)
  if (!answer.accepted) throw refused(release, answer)
  if (invocation.json) answerJson(invocation, { command, release, by, ...answer })
  else answerLines(invocation, [`${release}: ${answer.message}`, `Follow it: slipway watch ${release}`])
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
    advice: `It stands and will be answered when Slipway's api runs again: kubectl get command ${command} -n ${cluster.namespace}`,
  })
}

const refused = (release: string, { message }: CommandView): Exit =>
  new Exit(exitCodes.error, `cannot abort ${release}: ${message}`, {
    advice: `See where it stands: slipway watch ${release}`,
  })
