// The whole story on GitHub: a push, what its commit shows until the end, buttons, and GitHub's bad days. The GitHub is the test's own; everything else is real.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addresses } from '../../local/addresses.ts'
import { visitorName } from '../../local/cluster/access.ts'
import { apply, kubectlOf } from '../../local/cluster/kubectl.ts'
import { type Github, startGithub } from '../../local/github/server.ts'
import type { Json } from '../../local/github/state.ts'
import { appFrom, githubHere, joinGithub } from '../../local/github-here.ts'
import { stopPart } from '../../local/parts/part.ts'
import { githubKey, secretFiles } from '../../local/paths.ts'
import { sendEventsTo } from '../../local/state.ts'
import type { CloudEvent } from '../../platform/platform.ts'
import { kubectl, lab, outcomeOf, release, releases, until } from './lab.ts'
import { start } from './parts.ts'
import { aSubject, heldNow, type Subject, served, weightsGiven } from './subject.ts'

let github: Github
let program: Program
let subject: Subject
/** `acme/hub-x7k2p`. */
let fullName: string
let first: string

const gate = { before: 50, approvers: ['ana', 'bo'], notPusher: true }
const people = { ana: ['github:ana', 'email:ana@example.com'], bo: ['github:bo'] }
const steps = [
  { weight: 20, for: '4s' },
  { weight: 50, for: '2s' },
  { weight: 100, for: '2s' },
]

beforeAll(async () => {
  joinGithub(true)
  // A demo's own would have the port.
  await stopPart('github')
  github = await startGithub(githubHere())
  program = await aProgram()
  sendEventsTo(program.url)
  await start('api', 'worker')
  subject = await aSubject({ name: 'hub', release: { steps }, home: { remote, tokenFile, prepare } })
  first = (await releases(subject.app))[0]?.spec.sha ?? ''
})
afterAll(async () => {
  await subject?.close()
  joinGithub(false)
  sendEventsTo(undefined)
  await start('api', 'worker')
  await Promise.all([github?.close(), program?.close()])
})

const tokenFile = secretFiles.githubAna
const remote = (app: string): string => `${addresses.githubLocal}/acme/${app}.git`

/** As on GitHub: the repository is made, the App is installed on it, and the cluster declares where its commits lie. */
async function prepare(app: string): Promise<void> {
  fullName = `acme/${app}`
  await github.createRepository(fullName, { permissions: { ana: 'write', bo: 'write', cleo: 'read' } })
  await declare(app)
}

async function declare(app: string, policy: object = {}): Promise<void> {
  const declared = appFrom('default', app, `${addresses.github}/acme/${app}.git`)
  const object = { ...declared, spec: { ...declared.spec, policy } }
  await apply(kubectlOf(lab.kubectl), [object])
}

const checksOf = (sha: string): readonly Json[] => github.checkRuns(fullName, sha)
const checkOf = (sha: string): Json | undefined =>
  checksOf(sha).find(({ name }) => name === `slipway / ${subject.app}`)
const questionOf = (sha: string): Json | undefined =>
  checksOf(sha).find(({ name }) => name === `slipway / ${subject.app} / approve`)

/** The commit's check once it has ended so. */
const concluded = (sha: string, conclusion: string, within = 60_000): Promise<Json> =>
  until(`the check of ${sha.slice(0, 7)} to be ${conclusion}`, within, () => {
    const check = checkOf(sha)
    return check?.conclusion === conclusion ? check : undefined
  })

describe('a push', () => {
  test('is followed on its commit from the build to the end; the deployment before it is inactive', async () => {
    const sha = await subject.push({ version: 2 })
    const titles: string[] = []
    const states: string[] = []
    const watch = setInterval(() => {
      const check = checkOf(sha)
      const title = String((check?.output as Json | undefined)?.title ?? '')
      if (check && states.at(-1) !== check.status) states.push(String(check.status))
      if (title && titles.at(-1) !== title) titles.push(title)
    }, 100)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted', by: 'github:ana' })
    const check = await concluded(sha, 'success').finally(() => clearInterval(watch))
    expect(states[0]).toBe('in_progress')
    expect(check.status).toBe('completed')
    expect(titles.length).toBeGreaterThan(3)
    const { summary } = check.output as { summary: string }
    expect(summary).toContain('| requests |')
    expect((check.actions as Json[]).map(({ identifier }) => identifier)).toContain('rollback')
    const [older = {}, newer = {}] = await until('both deployments to say how they ended', 30_000, () => {
      const all = github.deployments(fullName)
      const states = all.map((one) => (one.statuses as Json[]).at(-1)?.state)
      return states.join() === 'inactive,success' ? all : undefined
    })
    expect(older).toMatchObject({ sha: first })
    expect(newer).toMatchObject({ sha, environment: `default/${subject.app}` })
    const { details_url: page } = check
    expect((newer.statuses as Json[]).at(-1)).toMatchObject({
      environment_url: expect.stringContaining(subject.host),
      log_url: page,
    })
    expect(await shownAt(String(page))).toMatchObject({ status: { outcome: 'promoted', commit: { sha } } })
  })

  test('that fails its users is taken back, and its commit is red with the numbers', async () => {
    const sha = await subject.push({ version: 3, failing: 0.3 })
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'rolled-back' })
    const check = await concluded(sha, 'failure')
    expect((check.output as Json).title).toMatch(/\d+ of \d+ requests failed/)
    expect(heldNow(subject, sha)).toBe(0)
  })

  test('with a mistake in its file is red at the line and column', async () => {
    const sha = await subject.push({ version: 4, release: { stepz: [] } })
    await concluded(sha, 'failure')
    // It follows the conclusion: GitHub takes fifty with each word.
    const annotation = await until('the mark at the line', 15_000, () => {
      return github.annotations(fullName, Number(checkOf(sha)?.id))[0]
    })
    expect(annotation).toMatchObject({ path: 'slipway.yaml', annotation_level: 'failure' })
    expect(annotation.start_line).toBeGreaterThan(1)
    expect(String(annotation.message)).toContain('stepz')
  })

  test('that GitHub told nobody of is noticed within two minutes', async () => {
    github.disturb({ lose: 1 })
    const sha = await subject.push({ version: 5 })
    const pushed = Date.now()
    await release(subject.app, sha, () => true, 120_000)
    expect(Date.now() - pushed).toBeLessThan(120_000)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    github.calm()
  })

  test('that GitHub tells of a hundred times is one release, and one check', async () => {
    github.disturb({ duplicate: 99 })
    const sha = await subject.push({ version: 6 })
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    github.calm()
    await github.settled()
    await sleep(2_000)
    expect((await releases(subject.app)).filter(({ spec }) => spec.sha === sha)).toHaveLength(1)
    await concluded(sha, 'success')
    expect(checksOf(sha)).toHaveLength(1)
  })
})

describe('a pull request', () => {
  test('shows what a push of it would do, and builds nothing', async () => {
    const built = async () => (await kubectl('get', 'jobs', '-n', 'slipway-builds', '-o', 'name')).trim()
    const before = await built()
    const sha = await subject.commit({ version: 9, run: { replicas: 2 } })
    await subject.repository.offer(sha, 'two-pods')
    await github.openPull(fullName, { branch: 'two-pods', login: 'bo' })
    const plan = await until('the plan on the commit', 60_000, () =>
      checksOf(sha).find(({ name }) => name === `slipway / ${subject.app} / plan`),
    )
    expect(plan).toMatchObject({ status: 'completed', conclusion: 'success' })
    expect((plan.output as { summary: string }).summary).toContain('replicas')
    expect(await built()).toBe(before)
    expect((await releases(subject.app)).some(({ spec }) => spec.sha === sha)).toBe(false)
    // What is pushed next has nothing of it.
    await subject.repository.back()
  })
})

describe('a gate', () => {
  test('opens by the button for who may approve, and for nobody else', async () => {
    await declare(subject.app, { gates: [gate], people })
    const sha = await subject.push({ version: 7 })
    const { name } = await release(subject.app, sha, ({ waiting }) => waiting?.for === 'approval')
    const question = await until('the question on the commit', 30_000, () => questionOf(sha))
    expect(question).toMatchObject({ status: 'completed', conclusion: 'action_required' })
    const press = async (login: string) => {
      github.press(Number(question.id), 'approve', login)
      await github.settled()
    }
    await press('cleo')
    await press('ana')
    const refusal = await until('what was refused of ana', 30_000, () => refusedOf(name))
    expect(refusal).toMatch(/pushed or wrote this commit/)
    await until('the refusal on the question', 30_000, () =>
      JSON.stringify(questionOf(sha)?.output).includes('pushed or wrote this commit') ? true : undefined,
    )
    expect(weightsGiven(subject, sha)).toEqual([200])
    expect(await commandsOf(name)).toHaveLength(1)

    await press('bo')
    await served(subject, sha, 500)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    await concluded(sha, 'success')
    expect(questionOf(sha)).toMatchObject({ conclusion: 'success' })
    await declare(subject.app, { people })
  })
})

describe('programs', () => {
  test('hear what became of each release, once and in order', async () => {
    const of = (number: number) =>
      program.heard.filter(({ id }) => id.startsWith(`${subject.app}-${number}/`))
    await until('the end of the third release', 60_000, () =>
      of(3).some(({ type }) => type.startsWith('dev.cdevents.pipelinerun.finished.')) ? true : undefined,
    )
    const changes = (number: number) =>
      of(number).flatMap(({ type }) => /^dev\.cdevents\.service\.(\w+)\./.exec(type)?.[1] ?? [])
    expect([1, 2, 3].map(changes)).toEqual([
      ['deployed'],
      ['deployed', 'upgraded'],
      ['deployed', 'rolledback'],
    ])
    const times = of(2).map(({ time }) => time)
    expect(times).toEqual(times.toSorted())
  })

  test('say that a branch moved, and it is looked at', async () => {
    github.disturb({ lose: 1 })
    const sha = await subject.push({ version: 10 })
    await github.settled()
    const said = await fetch(`${lab.addresses.api}/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json',
        authorization: `Bearer ${(await readFile(lab.eventsTokenFile, 'utf8')).trim()}`,
      },
      body: JSON.stringify({
        specversion: '1.0',
        id: sha,
        source: '/ci',
        type: 'dev.slipway.source.moved',
        data: { repository: `${addresses.github}/${fullName}.git`, ref: 'refs/heads/main' },
      }),
    })
    expect(said.status).toBe(202)
    expect(await said.json()).toMatchObject({ status: 'accepted' })
    await release(subject.app, sha, () => true, 15_000)
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    github.calm()
  })
})

describe('GitHub', () => {
  test('does not know the key any more: the release goes on, and the commit catches up', async () => {
    const sha = await subject.push({ version: 8 })
    await release(subject.app, sha, ({ phase }) => phase === 'rolling-out')
    github.disturb({ keyRevoked: true, uninstalled: true })
    expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(checkOf(sha)?.conclusion ?? null).toBeNull()
    github.calm()
    await concluded(sha, 'success', 120_000)
    expect(heldNow(subject, sha)).toBe(1000)
  })

  test.each([
    ['Temporal’s database', lab.temporalDatabase],
    ['the worker’s log', join(lab.log, 'worker.log')],
    ['the API’s log', join(lab.log, 'api.log')],
  ])('is not given away by %s', async (_, file) => {
    const text = await readFile(file, 'latin1')
    expect(text).toContain(subject.app)
    const [, keyLine = ''] = (await readFile(githubKey, 'utf8')).split('\n')
    const secret = (await readFile(secretFiles.webhook, 'utf8')).trim()
    // Every token that it gave away began like this.
    const token = ['ghs', '_'].join('')
    const forms = [token, ...[keyLine, secret].flatMap(formsOf)]
    expect(forms.filter((one) => text.includes(one))).toEqual([])
    expect(github.calls().some(({ path }) => path.endsWith('/access_tokens'))).toBe(true)
  })

  test('was asked nothing that it does not publish', () => {
    expect(github.violations()).toEqual([])
  })
})

/** As it is, and as others write it down; a prefix of base64 is as good as the whole. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
]

interface CommandObject {
  readonly spec: { readonly release?: string; readonly onBehalfOf?: string }
  readonly status?: { readonly state?: string; readonly message?: string }
}

async function commandsOf(name: string): Promise<readonly CommandObject[]> {
  const { items } = JSON.parse(
    await kubectl('get', 'commands.slipway.dev', '-n', 'default', '-o', 'json'),
  ) as {
    items: CommandObject[]
  }
  return items.filter(({ spec }) => spec.release === name)
}

const refusedOf = async (name: string): Promise<string | undefined> =>
  (await commandsOf(name)).find(({ status }) => status?.state === 'refused')?.status?.message

interface Program {
  readonly url: string
  readonly heard: readonly CloudEvent[]
  readonly close: () => Promise<unknown>
}

/** Takes events, and remembers each once, in the order in which it first came. */
async function aProgram(): Promise<Program> {
  const heard = new Map<string, CloudEvent>()
  const server = createServer(async (request, response) => {
    const event = JSON.parse(await text(request)) as CloudEvent
    if (!heard.has(event.id)) heard.set(event.id, event)
    response.writeHead(202).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/events`,
    get heard() {
      return [...heard.values()]
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** What the page at a check's "Details" shows to somebody who may see the release. */
async function shownAt(page: string): Promise<Json> {
  const { origin, pathname } = new URL(page)
  const [, , namespace, name] = pathname.split('/')
  const shell = await fetch(page)
  expect([shell.status, shell.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/html'),
  ])
  const authorization = `Bearer ${(await kubectl('create', 'token', visitorName, '-n', 'default')).trim()}`
  const told = await fetch(`${origin}/api/releases/${name}?namespace=${namespace}`, {
    headers: { authorization },
  })
  expect(told.status).toBe(200)
  return (await told.json()) as Json
}
