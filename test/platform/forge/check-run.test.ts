// A release as a check run: what people read at each moment of its life, within what GitHub takes.
import { describe, expect, it } from 'vitest'
import type { ReleaseStatus } from '../../../domain/release.ts'
import { checkRun, title } from '../../../platform/forge/check-run.ts'
import { aRelease, ended, evidence, moved, rollingOut, start, test, waiting } from './status.ts'

const numbers = '2 of 4,120 canary requests failed, 3 of 81,000 stable'

describe('the title', () => {
  const at50 = (change: Partial<ReleaseStatus>) => title(rollingOut(7, change))
  it.each([
    ['what it does', title(aRelease(7)), 'reading slipway.yaml'],
    ['what was counted', at50({}), `5% · no harm so far: ${numbers}`],
    [
      'that it is proven',
      at50({ evidence: evidence({ test: { ...test, proven: true } }) }),
      `5% · proven safe: ${numbers}`,
    ],
    ['counts alone with thresholds', at50({ evidence: evidence() }), `5% · ${numbers}`],
    ['what it waits for', title(waiting(7)), '5% · waits for 1 approval of ana'],
    ['what is missing', at50({ stalled: 'no requests' }), '5% · no requests'],
    [
      'how it ended',
      title(ended(7, 'rolled-back', 'it failed more often\nin detail')),
      'Rolled back: it failed more often',
    ],
  ])('says %s', (_, said, expected) => {
    expect(said).toBe(expected)
  })

  it('fits', () => {
    expect([...title(aRelease(7, { message: 'x'.repeat(1000) }))]).toHaveLength(255)
  })
})

describe('state and conclusion', () => {
  it.each([
    ['promoted', 'success', ['rollback']],
    ['rolled-back', 'failure', ['retry']],
    ['failed', 'failure', ['retry']],
    ['aborted', 'cancelled', ['retry']],
    ['superseded', 'cancelled', []],
    ['ignored', 'neutral', []],
  ] as const)('of one that is %s: %s', (outcome, conclusion, actions) => {
    const run = checkRun(ended(7, outcome, 'so it is'))
    expect(run).toMatchObject({ status: 'completed', conclusion })
    expect(run.actions.map(({ identifier }) => identifier)).toEqual(actions)
  })

  it('of one that runs', () => {
    expect(checkRun(aRelease(7, { phase: 'pending' }))).toMatchObject({ status: 'queued' })
    const run = checkRun(rollingOut(7))
    expect(run).toMatchObject({ status: 'in_progress', actions: [{ identifier: 'abort' }] })
    expect(run.conclusion).toBeUndefined()
    expect(run.completed_at).toBeUndefined()
  })

  it('offers nothing that cannot be done', () => {
    const { stable: _, ...first } = ended(1, 'promoted', 'the first')
    expect(checkRun(first).actions).toEqual([])
    expect(checkRun(rollingOut(7, { phase: 'rolling-back' })).actions).toEqual([])
  })

  it('keeps buttons within what GitHub takes', () => {
    const all = [rollingOut(7), ended(7, 'promoted', ''), ended(7, 'failed', '')].flatMap(
      (status) => checkRun(status).actions,
    )
    for (const { label, description, identifier } of all) {
      expect(label.length).toBeLessThanOrEqual(20)
      expect(description.length).toBeLessThanOrEqual(40)
      expect(identifier.length).toBeLessThanOrEqual(20)
    }
  })
})

describe('the summary', () => {
  const judging = {
    query: 'sum by (service) (requests_total)',
    objectives: { success: 0.995, latency: { below: 0.5, share: 0.99 } },
  } as ReleaseStatus['judging']

  it('tells where it stands, the numbers and their bounds, and where to ask for more', () => {
    const image = `registry.example/default/shop@sha256:${'a'.repeat(64)}`
    const { summary } = checkRun(rollingOut(7, { image, ...(judging && { judging }), step: '2/4' })).output
    const [sparkline] = summary.split('\n')
    expect(sparkline).toBe('`▁▂` 0% → 5%')
    for (const line of [
      '| release | `shop-7` |',
      '| state | rolling-out \\(2/4\\) |',
      `| commit | \`${rollingOut(7).release.sha.slice(0, 7)}\` Add the blue button |`,
      '| who | pushed by ana |',
      '| canary | `shop-3f2c1d0-ab12` |',
      `| image | \`${image}\` |`,
      '| requests | 4,120 | 81,000 |',
      '| errors | 2 (0.049%) | 3 (0.0037%) |',
      '| within 500 ms | 97% | 99% |',
      '- evidence of harm 37 / 100: it is taken back when the limit is reached',
      '- the canary is at most 0.8 pp worse (95 %)',
      '- 2 requests harmed',
      '- not proven safe',
      '```promql\nsum by (service) (requests_total)\n```',
      'slipway why shop-7 --namespace default',
      'kubectl get release shop-7 --namespace default --output yaml',
    ])
      expect(summary).toContain(line)
  })

  it('says how much worse it is at least when that is shown', () => {
    const { summary } = checkRun(
      ended(7, 'rolled-back', 'harm', {
        evidence: evidence({ test: { ...test, harm: 120, atLeast: 0.0123 } }),
      }),
    ).output
    expect(summary).toContain('at most 0.8 pp worse (95 %) and at least 1.2 pp worse (99 %)')
  })

  it('shows what others wrote, and does nothing that it says', () => {
    const evil = '<img src=x> @everyone ![x](https://evil.example/x) | `x`'
    const commit = { sha: 'a'.repeat(40), title: evil, author: '@root', committedAt: start }
    const { output } = checkRun(
      rollingOut(7, { commit, message: evil, transitions: [moved('reading', 0, evil)] }),
    )
    expect(`${output.summary}${output.text}`).not.toMatch(/[^\\]<img|@\w|[^\\]!\[|[^\\]\]\(/)
  })
})

describe('the story', () => {
  it('tells each decision with its weights and numbers', () => {
    const transitions = [
      ...rollingOut(7).transitions,
      { ...moved('rolling-out', 50, 'more is allowed', 120_000), evidence: evidence() },
      moved('rolling-out', 100, 'the canary holds 10%', 121_000),
    ]
    expect(checkRun(rollingOut(7, { transitions })).output.text).toBe(
      [
        '### What happened',
        '',
        '| time (UTC) | phase | weight | what |',
        '| :-- | :-- | :-- | :-- |',
        '| 2026-01-01 00:00:30 | deploying | 0% | starting its pods |',
        '| 2026-01-01 00:01:00 | rolling-out | 0% → 5% | the canary holds 5% |',
        '| 2026-01-01 00:02:00 | rolling-out | 5% → 10% | more is allowed (canary 4,120 requests, 2 errors; stable 81,000 requests, 3 errors) |',
      ].join('\n'),
    )
  })

  it('gives the end of a log as it is', () => {
    const message = 'cannot build shop-7 (3f2c1d0): step ended (Dockerfile:2)\n#6 npm error\n``` @everyone'
    expect(checkRun(ended(7, 'failed', message)).output.text).toContain(
      '### In full\n\n````\n#6 npm error\n``` @everyone\n````',
    )
  })

  it('gives of a long log its end, and of many problems the first', () => {
    const lines = (of: string) => Array.from({ length: 1000 }, (_, line) => `${of}:${line + 1}:3 spec: no 🚢`)
    const textOf = (message: string) => checkRun(ended(7, 'failed', message)).output.text ?? ''
    const log = textOf(['cannot build shop-7 (3f2c1d0): it ended', ...lines('#6')].join('\n'))
    expect(log).toContain('### In full\n\n```\n…\n#6:')
    expect(log).toContain('\n#6:1000:3 spec: no 🚢\n```\n')
    const problems = textOf(['1000 problems', ...lines('slipway.yaml')].join('\n'))
    expect(problems).toContain('### In full\n\n```\nslipway.yaml:1:3 spec: no 🚢\n')
    expect(problems).toMatch(/\n… and \d+ more\n```\n/)
  })

  it('leaves out the oldest when there is more than GitHub takes, and says so', () => {
    const transitions = Array.from({ length: 1000 }, (_, line) =>
      moved('rolling-out', line % 2, `line ${line} ${'ü'.repeat(200)}`, line * 1000),
    )
    const message = `failed\n${'log '.repeat(50_000)}`
    const { summary, text = '' } = checkRun(rollingOut(7, { transitions, message })).output
    for (const one of [summary, text]) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(65_535)
    expect(text).toMatch(/\d+ earlier lines left out\./)
    expect(text).toContain('line 999 ')
    expect(text).not.toContain('line 1 ')
  })
})
