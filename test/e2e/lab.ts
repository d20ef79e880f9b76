// The running system as these tests see it from outside: what the gateway serves, what the cluster holds, what a person can do.
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Outcome, ReleaseStatus } from '../../domain/release.ts'
import { histories } from '../../local/history.ts'
import { paths } from '../../local/paths.ts'
import { configurationOf, weightsOf } from '../../local/served.ts'
import { readState } from '../../local/state.ts'

export const lab = readState()
export const root = paths.root

/** Asks until the answer is not undefined; says what it waited for when the time is over. */
export async function until<T>(
  what: string,
  deadline: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = Date.now() + deadline
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`waited ${deadline / 1000} s for ${what}`)
    await sleep(100)
  }
}

/** One request through the gateway, as a user of the App sends it. */
export function get(
  host: string,
  path = '/',
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: string }> {
  const headers = { host, ...more }
  return new Promise((resolve, reject) => {
    const asked = request(`${lab.addresses.app}${path}`, { headers, timeout: 5_000 }, (answer) => {
      let body = ''
      answer.on('data', (chunk) => (body += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')))
    asked.on('error', reject)
    asked.end()
  })
}

/** The weights in the gateway's own configuration, by revision: the driver's code is not asked. */
export async function servedWeights(app: string): Promise<Readonly<Record<string, number>>> {
  const configuration = await configurationOf(lab.addresses.gateway)(AbortSignal.timeout(2_000))
  return weightsOf(configuration, { namespace: 'default', name: app }) ?? {}
}

/** kubectl with the administrator's rights; its words on failure are thrown. An hour's Events alone may be dozens of megabytes. */
export async function kubectl(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(lab.kubectl, ['--kubeconfig', lab.kubeconfig, ...words], {
    maxBuffer: 256 * 1024 * 1024,
  })
  return stdout
}

export async function objects<T>(kind: string, app: string): Promise<readonly T[]> {
  const list = await kubectl('get', kind, '-n', 'default', '-l', `slipway.dev/app=${app}`, '-o', 'json')
  return (JSON.parse(list) as { items: T[] }).items
}

/** Everything that these Apps left in the cluster, and their repositories. */
export async function remove(...apps: readonly string[]): Promise<void> {
  // The repositories first: a branch that is ahead of its App would be released again.
  for (const app of apps) await rm(join(paths.git, `${app}.git`), { recursive: true, force: true })
  const gone = ['-n', 'default', '--ignore-not-found']
  await kubectl('delete', 'apps.slipway.dev', ...apps, ...gone)
  // What still waits, for a person or for requests, would tell of itself again.
  const told = await histories(lab.addresses.temporal)
  for (const name of apps) await told.end({ namespace: 'default', name })
  await told.close()
  const kinds =
    'releases.slipway.dev,commands.slipway.dev,httproutes,horizontalpodautoscalers,deployments,services,configmaps,secrets'
  await kubectl('delete', kinds, '-l', `slipway.dev/app in (${apps.join(',')})`, ...gone)
}

export interface ReleaseObject {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly app: string; readonly seq: number; readonly sha: string }
  readonly status?: Omit<ReleaseStatus, 'release'>
}

export const releases = (app: string) => objects<ReleaseObject>('releases.slipway.dev', app)

/** The release's name and status as soon as `accept` is content with it. */
export const release = (
  app: string,
  sha: string,
  accept: (status: NonNullable<ReleaseObject['status']>) => boolean,
  deadline = 120_000,
) =>
  until(`the release of ${app} ${sha.slice(0, 7)} to come so far`, deadline, async () => {
    const { metadata, status } = (await releases(app)).filter(({ spec }) => spec.sha === sha).at(-1) ?? {}
    return metadata && status && accept(status) ? { name: metadata.name, ...status } : undefined
  })

/** Waits for the release's last word. */
export const outcomeOf = async (app: string, sha: string) => {
  const { outcome, ...rest } = await release(app, sha, ({ outcome }) => outcome !== undefined, 180_000)
  return { ...rest, outcome: outcome as Outcome }
}

/** One of Slipway's own verbs on this machine. */
export const slipway = (...words: string[]) =>
  promisify(execFile)(`${root}/cli/slipway`, words).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout: String(stdout), stderr: String(stderr) }),
  )

/** A second api beside the one that runs, as a Deployment of two replicas would have it; ready when this returns. */
export async function secondApi(): Promise<{ readonly stop: () => void }> {
  const environment = readFileSync(`/proc/${readState().parts.api?.pid}/environ`, 'utf8')
  const variables = environment.split('\0').filter((line) => line.includes('='))
  const same = Object.fromEntries(
    variables.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const place = '127.0.0.1:18090'
  const api = spawn(process.execPath, [`${root}/dist/api/main.js`], {
    env: { ...same, SLIPWAY_LISTEN: place },
    stdio: 'ignore',
  })
  await until('the second api', 30_000, async () => {
    const ready = await fetch(`http://${place}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    return ready ? true : undefined
  })
  return { stop: () => void api.kill() }
}

/** Repairs what was killed, with the command a person would use. */
export const repair = () =>
  promisify(execFile)(process.execPath, [`${root}/dist/local/main.js`, 'up'], { maxBuffer: 16 * 1024 * 1024 })
