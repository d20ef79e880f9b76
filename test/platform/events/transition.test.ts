// A release as events: one for each transition, the service's own where it became another, and the same ids each time.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventsOf, transitionsOf } from '../../../platform/events/transition.ts'
import { aStatus, digest, type Line, promoted } from './release.ts'

const types = (...asked: Parameters<typeof eventsOf>) =>
  eventsOf(...asked).map(({ type }) => type.replace(/^dev\.cdevents\.|\.0\.\d\.0$/g, ''))
const changed = 'dev.cdeventsx.slipway-release.changed'
const content = (event: ReturnType<typeof eventsOf>[number] | undefined) =>
  (event?.data.subject as { content: unknown } | undefined)?.content

describe('the events of a release', () => {
  it('begin and end a run, and say what the service became', () => {
    expect(types(promoted)).toEqual([
      'pipelinerun.started',
      changed,
      changed,
      changed,
      'service.deployed',
      changed,
      changed,
      changed,
      'pipelinerun.finished',
      'service.upgraded',
    ])
  })

  it('are CloudEvents with a CDEvent in them', () => {
    const [first] = eventsOf(promoted)
    const attributes = {
      id: 'shop-7/3f2c1d0/0',
      source: '/slipway/default/shop',
      type: 'dev.cdevents.pipelinerun.started.0.2.0',
    }
    expect(first).toEqual({
      specversion: '1.0',
      ...attributes,
      subject: 'default/shop-7',
      time: '2026-03-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        context: {
          version: '0.4.1',
          ...attributes,
          timestamp: '2026-03-01T12:00:00.000Z',
          chainId: 'default/shop-7/3f2c1d0',
        },
        subject: {
          id: 'default/shop-7',
          source: '/slipway/default/shop',
          type: 'pipelineRun',
          content: { pipelineName: 'default/shop' },
        },
        customData: expect.objectContaining({
          namespace: 'default',
          app: 'shop',
          release: 'shop-7',
          cause: 'push',
          phase: 'reading',
          weight: 0,
          message: 'reading',
        }),
        customDataContentType: 'application/json',
      },
    })
  })

  it('name the image that serves, so that it can be pulled', () => {
    const deployed = eventsOf(promoted).find(({ type }) => type.includes('service.deployed'))
    expect(content(deployed)).toEqual({
      environment: { id: 'default' },
      artifactId: `pkg:oci/shop@${encodeURIComponent(digest)}?repository_url=10.0.0.1%3A5000%2Fdefault%2Fshop`,
    })
  })

  it('have ids of their own, the same each time, also when a history has lost its middle', () => {
    const all = eventsOf(promoted)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    const [first, , , last, ...rest] = promoted.transitions
    if (!first || !last) throw new Error('there is no history')
    // As a history that does not fit is cut: the line stands for the last that is gone.
    const mark = { ...last, message: '3 transitions are left out here' }
    const short = { ...promoted, transitions: [first, mark, ...rest] }
    const gone = all.slice(1, 5)
    expect(eventsOf(short)).toEqual(all.filter((event) => !gone.includes(event)))
    expect(transitionsOf(short)).toBe(transitionsOf(promoted))
  })

  it('go on where they were left', () => {
    const { outcome: _, ...running } = promoted
    const half = { ...running, transitions: promoted.transitions.slice(0, 4) }
    const told = transitionsOf(half)
    expect(told).toBe(4)
    const ids = [...eventsOf(half), ...eventsOf(promoted, told)].map(({ id }) => id)
    expect(ids).toEqual(eventsOf(promoted).map(({ id }) => id))
    expect(eventsOf(promoted, transitionsOf(promoted))).toEqual([])
  })

  it('are as docs/events.md shows one', () => {
    const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8')
    const shown = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '')
    const { title, author, image } = shown.data.customData
    const lines: readonly Line[] = [
      ['reading', 0],
      ['building', 0],
      ['deploying', 0],
      ['rolling-out', 10],
      ['rolling-back', 10],
      ['rolling-back', 0, 'all traffic is back on shop-9a8b7c6-cd34'],
    ]
    const status = aStatus(lines, { image, commit: { sha: '', title, author, committedAt: 0 } })
    const at = Date.parse(shown.time)
    const transitions = status.transitions.map((transition) => ({ ...transition, at }))
    expect(eventsOf({ ...status, transitions }).at(-1)).toEqual(shown)
  })

  it('tell no mail address', () => {
    const commit = {
      sha: 'a'.repeat(40),
      title: 'Add',
      author: 'ana',
      email: 'ana@example.com',
      committedAt: 0,
    }
    const said = JSON.stringify(eventsOf({ ...promoted, commit }))
    expect(said).toContain('"author":"ana"')
    expect(said).not.toContain('ana@example.com')
  })
})

describe('how it ends', () => {
  const rising: readonly Line[] = [
    ['reading', 0],
    ['deploying', 0],
    ['rolling-out', 50],
  ]

  it('a release that is taken back fails, and what was there has all traffic again', () => {
    const lines: readonly Line[] = [
      ...rising,
      ['rolling-back', 50],
      ['rolling-back', 0],
      ['done', 0, '9 of 96 requests failed'],
    ]
    const events = eventsOf(aStatus(lines, { outcome: 'rolled-back' }))
    expect(types(aStatus(lines, { outcome: 'rolled-back' })).slice(-4)).toEqual([
      changed,
      changed,
      'service.rolledback',
      'pipelinerun.finished',
    ])
    const back = events.find(({ type }) => type.includes('rolledback'))
    expect(content(back)).toMatchObject({ artifactId: 'pkg:generic/default/shop@shop-9a8b7c6-cd34' })
    expect(content(events.at(-1))).toEqual({
      pipelineName: 'default/shop',
      outcome: 'failure',
      errors: '9 of 96 requests failed',
    })
    expect(events.at(-1)?.data.customData).toMatchObject({ outcome: 'rolled-back' })
  })

  it.each([
    [
      'failed',
      [
        ['reading', 0],
        ['building', 0],
        ['rolling-back', 0],
        ['done', 0],
      ],
    ],
    [
      'superseded',
      [
        ['reading', 0],
        ['done', 0],
      ],
    ],
  ] as const)('one that %s before it had traffic changed no service', (outcome, lines) => {
    const said = types(aStatus(lines, { outcome }))
    expect(said.filter((type) => type.startsWith('service'))).toEqual([])
    expect(said.at(-1)).toBe('pipelinerun.finished')
  })

  it('traffic that has a newer owner is not called rolled back', () => {
    const lines: readonly Line[] = [...rising, ['rolling-back', 50], ['done', 50]]
    expect(types(aStatus(lines, { outcome: 'aborted' }))).not.toContain('service.rolledback')
  })

  it('a weight that falls to 0 and rises again deployed it once', () => {
    const lines: readonly Line[] = [...rising, ['rolling-out', 0], ['rolling-out', 50]]
    expect(types(aStatus(lines)).filter((type) => type.startsWith('service'))).toEqual(['service.deployed'])
  })

  it('the first release of an App deploys it, and upgrades nothing', () => {
    const { stable: _, ...first } = aStatus(
      [
        ['reading', 0],
        ['deploying', 0],
        ['baking', 1000],
        ['done', 1000],
      ],
      { outcome: 'promoted' },
    )
    expect(types(first).filter((type) => type.startsWith('service'))).toEqual(['service.deployed'])
  })

  it('a return to an earlier revision is a rollback of the service, and a run that succeeded', () => {
    const { image: _, ...back } = aStatus(
      [
        ['reading', 0],
        ['deploying', 0],
        ['rolling-out', 1000],
        ['retiring', 1000],
        ['done', 1000],
      ],
      { outcome: 'promoted', cause: 'return' },
    )
    expect(types(back).slice(-2)).toEqual(['pipelinerun.finished', 'service.rolledback'])
    expect(types(back)).not.toContain('service.deployed')
    expect(content(eventsOf(back).at(-1))).toMatchObject({
      artifactId: 'pkg:generic/default/shop@shop-3f2c1d0-ab12',
    })
  })
})
