// A newer push takes the place of a running release: what the gateway, the builder's namespace and the users see of it.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, test } from 'vitest'
import { callsSince, endOf } from '../../local/audit.ts'
import { counted } from './counters.ts'
import { every } from './every.ts'
import { kubectl, lab, outcomeOf, releases, until } from './lab.ts'
import { accepted, alwaysWhole, type Subject, served, subjects, weightOf } from './subject.ts'

const { opened, close } = subjects()
afterAll(close)

const slow = { steps: [{ weight: 30, for: '90s' }, 100] }
const quick = {
  steps: [
    { weight: 20, for: '3s' },
    { weight: 100, for: '3s' },
  ],
}
const slowBuild = 'RUN node -e "setTimeout(() => {}, 60000)"'

describe.concurrent('a newer push', () => {
  test('takes the place of a canary under load: its weight is 0 before the newer one’s pods, and the newer waits for its own step', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'relay', release: slow, rate: 80 })
    const begun = Date.now()
    const older = await subject.push({ version: 2 })
    await served(subject, older, 300)
    const audit = endOf(lab.auditLog)
    const early = watchForEarlyRequests(subject)
    const newer = await subject.push({ version: 3, release: quick })
    const { message } = await outcomeOf(subject.app, older)
    expect(await outcomeOf(subject.app, older)).toMatchObject({ outcome: 'superseded' })
    const promoted = await outcomeOf(subject.app, newer)
    expect(promoted).toMatchObject({ outcome: 'promoted' })
    expect(message).toContain(newer.slice(0, 7))

    const zero = subject.gateway.changes.find(
      ({ at, weights }) => at > begun && weightOf(weights, older) === 0 && at > firstServed(subject, older),
    )?.at
    const created = await createdAt(audit, promoted.revision ?? '')
    expect(zero).toBeLessThanOrEqual(created)
    expect(await early.stop()).toEqual([])
    expect(firstServed(subject, newer)).toBeGreaterThan(created)
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(begun).failures).toEqual({})
  })

  test('ends the build of the older one: its pod is gone within seconds, and nothing of it ever runs', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'mason', release: quick })
    const dockerfile = await subject.repository.read('Dockerfile')
    await subject.repository.write('Dockerfile', `${dockerfile}\n${slowBuild}\n`)
    const older = await subject.push({ version: 2 })
    await until('the builder to run', 60_000, async () =>
      (await builders(subject.app, older)).some(({ status }) => status.phase === 'Running')
        ? true
        : undefined,
    )
    await subject.repository.write('Dockerfile', dockerfile)
    const begun = Date.now()
    const newer = await subject.push({ version: 3 })
    await until('the builder to be gone', 15_000, async () =>
      (await builders(subject.app, older)).length === 0 ? true : undefined,
    )
    expect(await outcomeOf(subject.app, older)).toMatchObject({ outcome: 'superseded' })
    expect(await outcomeOf(subject.app, newer)).toMatchObject({ outcome: 'promoted' })
    expect(subject.since(begun).failures).toEqual({})
    expect(subject.since(begun).versions).not.toHaveProperty('2')
  })

  test('and nine more within ten seconds: at most two builds finish, the last wins, each push has one outcome', async ({
    expect,
  }) => {
    const subject = await opened({ name: 'burst', release: quick })
    const finished = await watchForFinishedBuilds(subject)
    const begun = Date.now()
    const shas: string[] = []
    for (let number = 2; number <= 11; number += 1) {
      const sha = await subject.push({ version: number })
      shas.push(sha)
      await accepted(subject, sha)
      await sleep(Math.max(0, begun + (number - 1) * 1_000 - Date.now()))
    }
    const last = shas.at(-1) ?? ''
    expect(await outcomeOf(subject.app, last)).toMatchObject({ outcome: 'promoted' })
    for (const sha of shas.slice(0, -1))
      expect(await outcomeOf(subject.app, sha)).toMatchObject({ outcome: 'superseded' })
    const all = await releases(subject.app)
    for (const sha of shas) expect(all.filter(({ spec }) => spec.sha === sha)).toHaveLength(1)
    const builds = await finished.stop()
    expect(builds.length).toBeLessThanOrEqual(2)
    expect(subject.since(begun).failures).toEqual({})
  })
})

const firstServed = ({ gateway }: Subject, sha: string): number =>
  gateway.changes.find(({ weights }) => weightOf(weights, sha) > 0)?.at ?? Number.NaN

/** When the API server was asked for the revision's pods. */
async function createdAt(audit: number, revision: string): Promise<number> {
  const calls = await callsSince(lab.auditLog, audit)
  const creation = calls.find(({ resource, name }) => resource === 'deployments' && name === revision)
  return creation?.at ?? Number.NaN
}

/** Revisions that the gateway had counted a request for although its configuration had never given them any weight. */
function watchForEarlyRequests({ app, gateway }: Subject) {
  const early = new Set<string>()
  return every(100, async () => {
    const counts = await counted(app)
    const configured = new Set(
      gateway.changes.flatMap(({ weights }) =>
        Object.keys(weights).filter((revision) => (weights[revision] ?? 0) > 0),
      ),
    )
    for (const [revision, { requests }] of Object.entries(counts))
      if (requests > 0 && !configured.has(revision)) early.add(revision)
    return [...early]
  })
}

interface Builder {
  readonly metadata: { readonly name: string }
  readonly status: { readonly phase: string }
}

/** The pods that build the commit. */
async function builders(app: string, sha: string): Promise<readonly Builder[]> {
  const which = `slipway.dev/app=${app},slipway.dev/commit=${sha}`
  const list = await kubectl('get', 'pods', '-n', 'slipway-builds', '-l', which, '-o', 'json')
  return (JSON.parse(list) as { items: Builder[] }).items
}

/** The builds that come to a good end from now on. */
async function watchForFinishedBuilds({ app }: Subject) {
  const before = new Set(await finishedBuilds(app))
  const finished = new Set<string>()
  return every(400, async () => {
    for (const name of await finishedBuilds(app)) if (!before.has(name)) finished.add(name)
    return [...finished]
  })
}

async function finishedBuilds(app: string): Promise<readonly string[]> {
  const which = `slipway.dev/app=${app}`
  const list = await kubectl('get', 'jobs', '-n', 'slipway-builds', '-l', which, '-o', 'json')
  const { items } = JSON.parse(list) as {
    items: { metadata: { name: string }; status?: { succeeded?: number } }[]
  }
  return items.filter(({ status }) => status?.succeeded).map(({ metadata }) => metadata.name)
}
