// `slipway logs`: what the build of a release wrote.
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, type Invocation } from './invocation.ts'
import { selectRelease } from './selection.ts'

const defaultTimeout = 1_800_000

export async function logs(
  invocation: Invocation,
  name: string | undefined,
  follow: boolean,
): Promise<ExitCode> {
  const signal = AbortSignal.timeout(invocation.timeout ?? defaultTimeout)
  const cluster = await invocation.cluster()
  const release = await selectRelease(cluster, name)
  const [build] = await cluster.builds(release)
  if (!build) {
    throw new Exit(exitCodes.notFound, `no build of ${release.name} is left in the cluster`, {
      advice: `A build's pod is removed some time after its end. What is remembered: slipway releases ${release.release.app.name} --json`,
    })
  }
  let text = ''
  const keep = (part: string) => {
    text += part
  }
  const write = invocation.json ? keep : invocation.screen.out
  await cluster.buildLog(build, write, { follow, signal })
  if (invocation.json)
    answerJson(invocation, { release: release.name, pod: build.name, lines: text.trimEnd().split('\n') })
  if (signal.aborted) throw new Exit(exitCodes.timedOut, `the build of ${release.name} still writes its log`)
  return exitCodes.ok
}
