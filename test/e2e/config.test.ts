// A Secret that an App names: changed, it is a release; gone back to, it has its old content; and nobody but the pods is told it.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { get, kubectl, lab, releases, slipway, until } from './lab.ts'
import { alwaysWhole, type Subject, subjects } from './subject.ts'
import { sweeps } from './sweep.ts'

const { opened, close } = subjects()
const steps = [
  { weight: 20, for: '2s' },
  { weight: 100, for: '2s' },
]
const done = { code: 0, stderr: '' }
const noticedWithin = 75_000
/** The example tells its version to whoever asks: here the Secret says which it is. */
const [first, second] = [randomBytes(9).toString('hex'), randomBytes(9).toString('hex')]
const secret = `tide-${randomBytes(2).toString('hex')}`
let subject: Subject

afterAll(async () => {
  await close()
  await kubectl('delete', 'secret', secret, '-n', 'default', '--ignore-not-found')
})

describe('a Secret that changes', () => {
  test('is a release without a build, and a return brings its old content back', async () => {
    await kubectl('create', 'secret', 'generic', secret, '-n', 'default', `--from-literal=VERSION=${first}`)
    subject = await opened({ name: 'tide', release: { steps }, run: { env: {}, secrets: [secret] } })
    const { app } = subject
    expect(await servedVersion()).toBe(first)
    const built = await builds()

    const changed = Date.now()
    await say(second)
    const renewed = await ended(2)
    expect(renewed).toMatchObject({ outcome: 'promoted', cause: 'config' })
    expect((renewed.startedAt ?? Number.NaN) - changed).toBeLessThanOrEqual(noticedWithin)
    expect(await servedVersion()).toBe(second)

    expect(await slipway('rollback', '--app', app, '--to', `${app}-1`)).toMatchObject(done)
    expect(await ended(3)).toMatchObject({ outcome: 'promoted', cause: 'return' })
    expect(await servedVersion()).toBe(first)
    await sweeps(2)
    expect(await releases(app)).toHaveLength(3)
    expect(await servedVersion()).toBe(first)

    expect(await builds()).toEqual(built)
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })

  test.each([
    ['what kubectl shows', shown],
    ['the worker’s log', () => readFile(`${lab.log}/worker.log`)],
    ['the API’s log', () => readFile(`${lab.log}/api.log`)],
    ['Temporal’s database', () => readFile(lab.temporalDatabase)],
    ['what the command line tells', told],
  ])('is not told by %s', async (_, read) => {
    const all = await read()
    expect(all.includes(subject.app), 'it speaks of the App').toBe(true)
    const contents = [first, second].flatMap((one) => [one, Buffer.from(one).toString('base64')])
    expect(contents.filter((one) => all.includes(one))).toEqual([])
  })
})

const say = (version: string) =>
  kubectl(
    'patch',
    'secret',
    secret,
    '-n',
    'default',
    '-p',
    JSON.stringify({ stringData: { VERSION: version } }),
  )

const servedVersion = async () => JSON.parse((await get(subject.host)).body).version as string

/** The end of the App's release of this number: all of them are of the same commit. */
const ended = (seq: number) =>
  until(`the end of release ${seq}`, 120_000, async () => {
    const found = (await releases(subject.app)).find(({ spec }) => spec.seq === seq)
    return found?.status?.outcome === undefined ? undefined : found.status
  })

async function builds(): Promise<readonly string[]> {
  const which = ['-n', 'slipway-builds', '-l', `slipway.dev/app=${subject.app}`]
  return (await kubectl('get', 'jobs', ...which, '-o', 'name')).trim().split('\n')
}

/** Every object of the App but the Secret's own copies, and what was said of it. */
async function shown(): Promise<string> {
  const kinds =
    'apps.slipway.dev,releases.slipway.dev,commands.slipway.dev,deployments,services,httproutes,events'
  const [all, jobs] = await Promise.all([
    kubectl('get', kinds, '-n', 'default', '-o', 'yaml', '--show-managed-fields'),
    kubectl('get', 'jobs,pods', '-n', 'slipway-builds', '-o', 'yaml'),
  ])
  return `${all}${jobs}`
}

async function told(): Promise<string> {
  const { app } = subject
  const verbs = [
    ['status', app],
    ['history', app],
    ['why', `${app}-2`],
    ['explain', `${app}-3`],
  ]
  const answers = await Promise.all(verbs.map((words) => slipway(...words, '--json')))
  return answers.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('')
}
