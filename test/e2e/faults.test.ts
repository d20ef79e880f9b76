// Slipway's own parts die, restart and are replaced in the middle of releases; the users of the App notice nothing.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsSince, endOf } from '../../local/audit.ts'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { lab, outcomeOf, type ReleaseObject, releases, root } from './lab.ts'
import { kill, parts, replaceWorker, start } from './parts.ts'
import { alwaysWhole, aSubject, type Subject, served } from './subject.ts'

const release = {
  steps: [
    { weight: 20, for: '6s' },
    { weight: 50, for: '6s' },
    { weight: 100, for: '3s' },
  ],
}
const phases = ['reading', 'building', 'deploying', 'rolling-out', 'baking', 'retiring']
const cluster = kubernetes({ kubeconfig: lab.kubeconfig })

let subject: Subject
/** An App whose release is over: nothing that happens here is its business. */
let bystander: Subject
beforeAll(async () => {
  ;[subject, bystander] = await Promise.all([
    aSubject({ name: 'nine', release }),
    aSubject({ name: 'still', release, rate: 5 }),
  ])
})
afterAll(async () => {
  await start(...parts)
  await Promise.all([subject?.close(), bystander?.close()])
})

describe('a release under load', () => {
  test('whose worker is killed at the start of every phase ends as if nothing had happened', async () => {
    const begun = Date.now()
    // Its name is known before it is there. It reads for a quarter of a second.
    const [sha, died] = await Promise.all([subject.push({ version: 2 }), killInEachPhase(`${subject.app}-2`)])
    expect(died).toEqual(phases)
    await endsWell(sha, begun)
  })

  test('goes on where it was when Temporal restarts', async () => {
    const begun = Date.now()
    const sha = await subject.push({ version: 3 })
    await served(subject, sha, 200)
    await kill('temporal')
    await sleep(3_000)
    await start('temporal')
    await endsWell(sha, begun)
  })

  test('is taken over by the next version of the worker, which releases nothing by itself', async () => {
    const audit = endOf(lab.auditLog)
    const begun = Date.now()
    const sha = await subject.push({ version: 4 })
    await served(subject, sha, 500)
    const next = await nextVersion()
    await replaceWorker(next.main)
    await endsWell(sha, begun)
    // A sweep or two see everything that there is.
    await sleep(65_000)
    expect(await releases(bystander.app)).toHaveLength(1)
    const changed = (await callsSince(lab.auditLog, audit)).filter(
      ({ name = '', verb }) => name.startsWith(bystander.app) && !['get', 'list', 'watch'].includes(verb),
    )
    expect(changed).toEqual([])
    await start('worker')
    await next.remove()
  })
})

/** The phases in which the worker died. */
async function killInEachPhase(release: string): Promise<readonly string[]> {
  const died: string[] = []
  for (let phase = await next(release, died); phase !== undefined; phase = await next(release, died)) {
    await kill('worker')
    died.push(phase)
    await start('worker')
  }
  return died
}

/** The next phase in which nobody died yet; undefined when the release is over. */
async function next(release: string, died: readonly string[]): Promise<string | undefined> {
  for (;;) {
    const found = (await cluster.get(kinds.Release, 'default', release)) as ReleaseObject | undefined
    const { phase = 'pending', outcome } = found?.status ?? {}
    if (outcome) return undefined
    if (phase !== 'pending' && !died.includes(phase)) return phase
    await sleep(10)
  }
}

async function endsWell(sha: string, begun: number): Promise<void> {
  expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted', weight: 1000 })
  expect((await releases(subject.app)).filter(({ spec }) => spec.sha === sha)).toHaveLength(1)
  expect(subject.since(begun).failures).toEqual({})
  expect(alwaysWhole(subject)).toBe(true)
}

/** The same program with other workflow code, where another version would be installed. */
async function nextVersion() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-next-'))
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  await cp(join(root, 'package.json'), join(folder, 'package.json'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const bundle = join(folder, 'dist/worker/workflows.bundle.js')
  await writeFile(bundle, `// The next version.\n${await readFile(bundle, 'utf8')}`)
  const remove = () => rm(folder, { recursive: true, force: true })
  return { main: join(folder, 'dist/worker/main.js'), remove }
}
