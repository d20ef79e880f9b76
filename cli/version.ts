// `slipway version`: which Slipway this is.
import { readFile } from 'node:fs/promises'
import { type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'

export async function version(invocation: Invocation): Promise<ExitCode> {
  const slipway = await packageVersion()
  if (invocation.json) answerJson(invocation, { slipway, node: process.versions.node })
  else answerLines(invocation, [`slipway ${slipway} (Node ${process.versions.node})`])
  return exitCodes.ok
}

/** From the nearest package.json above: the sources and the built files lie at different depths. */
async function packageVersion(): Promise<string> {
  for (const above of ['../package.json', '../../package.json']) {
    const text = await readFile(new URL(above, import.meta.url), 'utf8').catch(() => undefined)
    if (text) return String(JSON.parse(text).version)
  }
  throw new Error('cannot tell the version: no package.json above the command line')
}
