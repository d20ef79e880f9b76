// What the page says of a release, in words and numbers.
import { describe, expect, test } from 'vitest'
import { commands, facts, history, lastEvidence, standing, waitOf } from '../../dashboard/facts.ts'
import { type Release, releaseOf } from '../../dashboard/release.ts'
import { type ReleaseStatus, releaseName } from '../../domain/release.ts'
import {
  aRelease,
  ended,
  evidence,
  test as judged,
  moved,
  rollingOut,
  start,
  waiting,
} from '../platform/forge/status.ts'

/** As the API tells it. */
const told = ({ release, ...status }: ReleaseStatus): Release =>
  releaseOf({
    namespace: release.app.namespace,
    name: releaseName(release),
    spec: { app: release.app.name, seq: release.seq, sha: release.sha },
    status,
  })

describe('a release', () => {
  test('that was created a moment ago is pending', () => {
    const createdAt = '2026-01-01T00:00:00Z'
    const release = releaseOf({
      namespace: 'default',
      name: 'shop-7',
      createdAt,
      spec: { app: 'shop', seq: 7 },
    })
    expect(release).toMatchObject({ phase: 'pending', weight: 0, transitions: [], startedAt: start })
    expect(standing(release)).toBe('pending')
    expect(history(release)).toEqual([])
    expect(lastEvidence(release)).toBeUndefined()
  })

  test('is what its spec says, whatever its status claims', () => {
    const status = { release: { app: { namespace: 'other', name: 'x' }, seq: 1, sha: '' } }
    const spec = { app: 'shop', seq: 7, sha: 'a'.repeat(40) }
    expect(releaseOf({ namespace: 'default', name: 'shop-7', spec, status }).release).toEqual({
      app: { namespace: 'default', name: 'shop' },
      seq: 7,
      sha: 'a'.repeat(40),
    })
  })
})

test.each([
  [rollingOut(7), 'rolling-out at 5%'],
  [rollingOut(7, { step: '2/4' }), 'rolling-out at 5%, step 2/4'],
  [rollingOut(7, { step: 'verify' }), 'rolling-out at 5%, verify'],
  [aRelease(7, { phase: 'building' }), 'building'],
  [ended(7, 'rolled-back', 'harm was shown'), 'rolled-back'],
])('it stands at: %#', (status, words) => expect(standing(told(status))).toBe(words))

test('its facts leave out what is not known', () => {
  expect(Object.fromEntries(facts(told(rollingOut(7)), start + 90_000))).toEqual({
    App: 'default/shop, release 7',
    who: 'pushed by ana',
    begun: '2026-01-01 00:00:00 UTC',
    for: '1m30s',
    canary: 'shop-3f2c1d0-ab12',
    stable: 'shop-1111111-cd34',
  })
  const over = ended(7, 'superseded', 'a newer push', {
    proven: false,
    supersededBy: 'shop-8',
    by: 'github:bo',
    surge: { pods: 2, cpu: '500m', memory: '512Mi' },
  })
  expect(Object.fromEntries(facts(told(over), start))).toMatchObject({
    who: 'pushed by github:bo',
    lasted: '10m',
    proven: 'no: nothing showed harm, and nothing showed safety in time',
    newer: 'shop-8',
  })
  expect(facts(told(over), start).map(([label]) => label)).not.toContain('beside')
  const surge = { pods: 1, cpu: '500m', memory: '512Mi' }
  expect(facts(told(rollingOut(7, { surge })), start)).toContainEqual([
    'beside',
    'up to 1 pod more: 500m processors, 512Mi of memory',
  ])
})

describe('waiting', () => {
  test('is told with who can end it, in the namespace that it is in', () => {
    const release = told(waiting(7))
    const approved = {
      ...release,
      waiting: { ...release.waiting, approvedBy: ['ana'], turnedAway: ['kim is none'] },
    } as Release
    expect(waitOf(approved, start + 150_000)).toEqual({
      message: 'waits for 1 approval of ana',
      more: ['approved by ana', 'did not count: kim is none', 'for 1m', 'it ends by itself in 23h59m'],
      answers: ['slipway approve shop-7 --gate before-50 --namespace default'],
    })
  })

  test.each([
    ['resume', ['slipway resume shop-7 --namespace default']],
    ['unfreeze', ['slipway unfreeze shop --namespace default']],
    ['decision', ['slipway promote shop-7 --namespace default', 'slipway abort shop-7 --namespace default']],
    ['window', []],
    ['hook', []],
  ] as const)('for %s', (what, answers) => {
    const release = told(rollingOut(7, { waiting: { for: what, message: 'it waits', since: start } }))
    expect(waitOf(release, start)?.answers).toEqual(answers)
  })

  test('is over with the release', () => {
    const { waiting: left } = waiting(7)
    expect(waitOf(told(ended(7, 'aborted', 'by ana', { waiting: left })), start)).toBeUndefined()
  })
})

test('its history has a row for each decision, with the numbers of that moment', () => {
  const transitions = [
    moved('deploying', 0, 'starting its pods', 30_000),
    { ...moved('rolling-out', 0, 'its pods\nare ready', 60_000), evidence: evidence({ test: judged }) },
    moved('rolling-out', 10, 'the gateway serves 1%', 62_000),
    { ...moved('rolling-out', 10, 'watched'), at: start + 90_000, evidence: evidence() },
  ]
  expect(history(told(rollingOut(7, { transitions })))).toEqual([
    {
      time: '00:00:30',
      since: '+30s',
      phase: 'deploying',
      weight: '0%',
      what: 'starting its pods',
      numbers: [],
    },
    {
      time: '00:01:00',
      since: '+1m',
      phase: 'rolling-out',
      weight: '0% → 1%',
      what: 'its pods are ready (served after 2s)',
      numbers: [
        'canary 2 of 4,120 requests failed (0.049%)',
        'stable 3 of 81,000 requests failed (0.0037%)',
        'harm 37 / 100',
      ],
    },
    {
      time: '00:01:30',
      since: '+1m30s',
      phase: 'rolling-out',
      weight: '1%',
      what: 'watched',
      numbers: ['canary 2 of 4,120 requests failed (0.049%)', 'stable 3 of 81,000 requests failed (0.0037%)'],
    },
  ])
})

test('the numbers known last are those of the history when the release keeps no others', () => {
  const { evidence: _, ...bare } = rollingOut(7)
  const last = evidence({ looks: 99 })
  const transitions = [{ ...moved('rolling-out', 50, 'watched'), evidence: last }, moved('done', 0, 'over')]
  expect(lastEvidence(told({ ...bare, transitions }))).toEqual(last)
})

test('more is asked for by commands that can be pasted', () => {
  expect(commands(told(rollingOut(7)))).toEqual([
    'slipway explain shop-7 --namespace default',
    'kubectl get release shop-7 --namespace default --output yaml',
  ])
})
