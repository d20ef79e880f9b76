// `slipway abort --direct`: worker, API and Temporal are dead, and a person moves the traffic back by the API server alone.
import { afterAll, describe, expect, test } from 'vitest'
import { objects, outcomeOf, release, releases, until } from './lab.ts'
import { kill, parts, start } from './parts.ts'
import { people } from './people.ts'
import { alwaysWhole, heldNow, served, subjects, weightsGiven } from './subject.ts'
import { sweeps } from './sweep.ts'

const { opened, close } = subjects()
const everybody = await people()
afterAll(async () => {
  await start(...parts)
  await Promise.all([close(), everybody.leave()])
})

describe('all of Slipway is dead over a canary', () => {
  test('who may moves the traffic back at once; when Slipway returns the release is aborted, and nothing rises', async () => {
    const subject = await opened({ name: 'raft', release: { steps: [{ weight: 30, for: '5m' }, 100] } })
    const { app } = subject
    const [ana, kim] = [await everybody.person('ana'), await everybody.person('kim')]
    await everybody.give(ana, 'developer')
    await everybody.give(kim, 'admin')
    const sha = await subject.push({ version: 2 })
    await served(subject, sha, 300)
    await release(app, sha, ({ weight }) => weight === 300)

    await kill(...parts)
    expect(await ana.slipway('abort', '--direct', app)).toMatchObject({ code: 7 })
    expect(heldNow(subject, sha)).toBe(300)
    const { code, stdout, stderr } = await kim.slipway('abort', '--direct', app, '--reason', 'checkout fails')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`${app}-2 are refused from here on`)
    await until('the gateway to take the canary’s share', 5_000, () =>
      heldNow(subject, sha) === 0 ? true : undefined,
    )
    const back = Date.now()
    await until('a hundred more requests', 20_000, () =>
      subject.since(back).requests >= 100 ? true : undefined,
    )
    expect(Object.keys(subject.since(back + 500).versions)).toEqual(['1'])

    await start(...parts)
    expect(await outcomeOf(app, sha)).toMatchObject({
      outcome: 'aborted',
      message: expect.stringContaining('aborted by kim: checkout fails'),
    })
    expect(await objects('deployments', app)).toHaveLength(1)
    await sweeps(2)
    expect(weightsGiven(subject, sha)).toEqual([300, 0])
    expect((await releases(app)).filter(({ spec }) => spec.sha === sha)).toHaveLength(1)
    expect(subject.since(0).failures).toEqual({})

    const newer = await subject.push({ version: 3, release: { steps: [{ weight: 20, for: '2s' }, 100] } })
    expect(await outcomeOf(app, newer)).toMatchObject({ outcome: 'promoted' })
    expect(alwaysWhole(subject)).toBe(true)
    expect(subject.since(0).failures).toEqual({})
  })
})
