// Other ways than a climb: a revision that is met by name before it has traffic, blue-green, immediate; as the gateway's visitors see it.
import { afterAll, describe, test } from 'vitest'
import { get, objects, outcomeOf, release, slipway } from './lab.ts'
import { alwaysWhole, heldNow, revisionOf, type Subject, subjects, weightsGiven } from './subject.ts'

const { opened, close } = subjects()
afterAll(close)
const done = { code: 0, stderr: '' }

/** Before the first request of anybody who did not ask for it. */
const atTheDoor = [{ before: '0.1%' }]
const waits = ({ app }: Subject, sha: string) =>
  release(app, sha, ({ waiting }) => waiting?.for === 'approval')

/** Which version answers, and how. */
async function asked(host: string, revision?: string): Promise<string> {
  const headers: Record<string, string> = revision === undefined ? {} : { 'x-slipway-revision': revision }
  const { status, body } = await get(host, '/', headers)
  return status === 404 ? '404' : `${status} ${(JSON.parse(body) as { version: string }).version}`
}

describe.concurrent('a canary at weight 0', () => {
  test('is met by those who name it, and by nobody else; what they meet is not held against it', async ({
    expect,
  }) => {
    const steps = [{ weight: 20, for: '3s' }, 100]
    const subject = await opened({ name: 'ghost', release: { steps, gates: atTheDoor } })
    const { app, host } = subject
    const sha = await subject.push({ version: 2, failing: 1 })
    const { name, revision = '' } = await waits(subject, sha)
    const begun = Date.now()
    for (let turn = 0; turn < 30; turn += 1) expect(await asked(host, 'canary')).toBe('500 2')
    expect(await asked(host, revision)).toBe('500 2')
    expect(await asked(host, 'stable')).toBe('200 1')
    expect(await asked(host, 'another')).toBe('200 1')
    expect(await asked(host)).toBe('200 1')
    expect((await release(app, sha, () => true)).outcome).toBeUndefined()
    expect(weightsGiven(subject, sha)).toEqual([])
    expect(subject.since(begun).failures).toEqual({})

    // Who lets it in all the same sees it judged from its first request.
    expect(await slipway('approve', name)).toMatchObject(done)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'rolled-back' })
    expect(heldNow(subject, sha)).toBe(0)
    expect(await asked(host, 'canary')).toBe('200 1')
  })
})

describe.concurrent('blue-green', () => {
  test('shows the new revision at the preview host, and gives it all traffic at once when a person says so', async ({
    expect,
  }) => {
    const preview = `next-${Date.now().toString(36)}.example.com`
    const subject = await opened({
      name: 'berth',
      release: { strategy: 'blue-green', gates: atTheDoor },
      route: { preview: [preview] },
    })
    const { app, host } = subject
    expect(await asked(preview)).toBe('404')
    const sha = await subject.push({ version: 2 })
    const { name } = await waits(subject, sha)
    expect(await asked(preview)).toBe('200 2')
    expect(await asked(host)).toBe('200 1')
    expect(weightsGiven(subject, sha)).toEqual([])

    expect(await slipway('approve', name)).toMatchObject(done)
    expect(await outcomeOf(app, sha)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, sha)).toEqual([1000])
    expect(await asked(host)).toBe('200 2')
    expect(await asked(preview)).toBe('404')
    // The old one is kept, without pods.
    const kept = await objects<{ metadata: { name: string }; spec: { replicas: number } }>('deployments', app)
    const pods = Object.fromEntries(kept.map(({ metadata, spec }) => [metadata.name, spec.replicas]))
    expect(Object.values(pods).sort()).toEqual([0, 1])
    expect(pods[await revisionOf(app, sha)]).toBe(1)
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })
})

describe.concurrent('immediate', () => {
  test('gives all traffic at once; and all of it back when the new revision fails', async ({ expect }) => {
    const subject = await opened({ name: 'plunge', release: { strategy: 'immediate' } })
    const { app } = subject
    const good = await subject.push({ version: 2 })
    expect(await outcomeOf(app, good)).toMatchObject({ outcome: 'promoted' })
    expect(weightsGiven(subject, good)).toEqual([1000])
    expect(subject.since(0).failures).toEqual({})

    const begun = Date.now()
    const bad = await subject.push({ version: 3, failing: 1 })
    expect(await outcomeOf(app, bad)).toMatchObject({ outcome: 'rolled-back' })
    expect(weightsGiven(subject, bad)).toEqual([1000, 0])
    expect(heldNow(subject, good)).toBe(1000)
    const { failed, versions } = subject.since(begun)
    expect(failed).toBe(versions['3']?.failed)
    expect(failed).toBeGreaterThan(0)
    expect(alwaysWhole(subject)).toBe(true)
  })
})
