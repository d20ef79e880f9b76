// Follows a release as its user would, through the command line, to its outcome.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ReleaseStatus } from '../domain/release.ts'
import { paths } from './paths.ts'

export interface Following {
  readonly app: string
  readonly sha: string
  /** As `slipway watch` takes it: `5m`. */
  readonly timeout: string
  /** Hears each state of the release. */
  readonly told?: (status: ReleaseStatus) => void
  readonly signal?: AbortSignal
}

/** The release's last state, with an outcome. Fails when it has none in time, or the signal falls. */
export async function followed({
  app,
  sha,
  timeout,
  told = () => {},
  signal,
}: Following): Promise<ReleaseStatus> {
  const child = spawn(join(paths.root, 'cli', 'slipway'), words(app, sha, timeout), {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  })
  let last: ReleaseStatus | undefined
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint += text
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = JSON.parse(line) as ReleaseStatus
    told(last)
  })
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (last?.outcome) return last
  throw new Error(
    `the release of ${sha.slice(0, 7)} has no outcome: ${complaint.trim() || 'its watch ended'}`,
  )
}

function words(app: string, sha: string, timeout: string): string[] {
  const which = ['watch', app, '--commit', sha]
  return [...which, '--json', '--timeout', timeout, '--kubeconfig', paths.kubeconfig]
}
