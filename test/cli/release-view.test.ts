// What people read while a release runs, to the letter.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { releaseBlock } from '../../cli/release-view.ts'
import { releaseTable } from '../../cli/releases.ts'
import { painter } from '../../cli/screen.ts'
import { appDetail, appTable } from '../../cli/status.ts'
import type { Evidence } from '../../domain/judge/judge.ts'
import { aRelease, slipway, startedAt } from './screen.ts'

const plain = painter(false)
const now = startedAt + 40_000
const app = {
  namespace: 'default',
  name: 'shop',
  repository: 'https://git.example.com/acme/shop',
  branch: 'main',
  stable: { revision: 'shop-9a8b7c6-cd34', sha: '9a8b7c6d' },
  active: 'shop-7',
  message: 'Releasing shop-7.',
}

describe('a release', () => {
  it('is a block: where it stands, what both revisions served, why it waits', () => {
    expect(releaseBlock(aRelease({ stalled: 'no requests for 30s' }), plain, now)).toEqual([
      'shop-7  3f2c1d0 Add the blue button',
      'rolling-out  step 2/4  █████░░░░░░░░░░░░░░░ 25%  40s',
      '  canary  shop-3f2c1d0-ab12  1,204 requests, 3 errors (0.25%)',
      '  stable  shop-9a8b7c6-cd34  3,601 requests, 0 errors',
      '  Watching at 25%.',
      '  stalled: no requests for 30s',
    ])
  })

  it('shows what is known before it has a commit, a revision or counts', () => {
    const { commit, revision, stable, step, evidence, ...bare } = aRelease({
      phase: 'pending',
      weight: 0,
      message: '',
    })
    expect(releaseBlock(bare, plain, now)).toEqual([
      'shop-7  3f2c1d0',
      'pending  ░░░░░░░░░░░░░░░░░░░░ 0%  40s',
    ])
  })

  it('says who wanted it and what it costs meanwhile; when it has ended, what took its place', () => {
    const surge = { pods: 2, cpu: '500m', memory: '512Mi' }
    const running = releaseBlock(aRelease({ cause: 'retry', by: 'kim', surge }), plain, now)
    expect(running).toContain('  who     tried again by kim')
    expect(running).toContain('  beside  up to 2 pods more: 500m processors, 512Mi of memory')
    const superseded = aRelease({ phase: 'done', outcome: 'superseded', supersededBy: 'shop-8', surge })
    const ended = releaseBlock(superseded, plain, now).join('\n')
    expect(ended).toContain('  newer   shop-8')
    expect(ended).not.toContain('beside')
    expect(ended).not.toContain('who')
  })

  it('stops its clock when it has ended', () => {
    const ended = aRelease({
      phase: 'done',
      outcome: 'promoted',
      finishedAt: startedAt + 70_000,
      weight: 1000,
    })
    expect(releaseBlock(ended, plain, now + 1e6)[1]).toBe(
      'promoted  step 2/4  ████████████████████ 100%  1m10s',
    )
  })

  it('is a row: the tenth of a percent is shown', () => {
    expect(
      releaseTable(
        [
          aRelease({ weight: 1, cause: 'config' }),
          aRelease({ name: 'shop-10', phase: 'done', outcome: 'failed' }),
        ],
        now,
      ),
    ).toEqual([
      'RELEASE  COMMIT   CAUSE   STATE        WEIGHT  AGE  MESSAGE',
      'shop-7   3f2c1d0  config  rolling-out  0.1%    40s  Watching at 25%.',
      'shop-10  3f2c1d0  push    failed       25%     40s  Watching at 25%.',
    ])
  })

  it('is lines when piped: each of its history once, its counts as they grow, its end', async () => {
    const at = startedAt
    const shifted = { at, phase: 'rolling-out', weight: 250, message: 'serving 25%' } as const
    const ended = { at: at + 50_000, phase: 'done', weight: 1000, message: 'promoted' } as const
    const first = aRelease({ transitions: [shifted] })
    const counts = aRelease().evidence as Evidence
    const grown = aRelease({
      transitions: [shifted],
      evidence: { ...counts, to: startedAt + 39_000 },
    })
    const last = aRelease({
      phase: 'done',
      outcome: 'promoted',
      weight: 1000,
      transitions: [shifted, ended],
      message: 'All steps were safe.',
    })
    const { out } = await slipway(['watch', 'shop-7'], {
      releases: [first],
      follow: [first, grown, grown, last],
    })
    const time = (milliseconds: number) => new Date(milliseconds).toTimeString().slice(0, 8)
    expect(out.split('\n')).toEqual([
      `${time(at)}  rolling-out      25%  serving 25%`,
      `${time(startedAt + 39_000)}  rolling-out      25%  canary 1,204 requests, 3 errors (0.25%) · stable 3,601 requests, 0 errors`,
      `${time(at + 50_000)}  done            100%  promoted`,
      'shop-7 promoted: All steps were safe.',
      '',
    ])
  })

  it('is rewritten in place on a terminal, cut to its width', async () => {
    const done = aRelease({ phase: 'done', outcome: 'promoted', message: 'x'.repeat(100) })
    const { out } = await slipway(['watch', 'shop-7'], {
      releases: [done],
      follow: [aRelease(), done],
      tty: true,
    })
    expect(out).toContain('\u001b[5A')
    for (const line of stripVTControlCharacters(out).split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })
})

describe('an App', () => {
  it('is a row with what serves and what is on its way', () => {
    expect(appTable([app], [aRelease()])).toEqual([
      'APP   STABLE             RELEASE  STATE        WEIGHT  MESSAGE',
      'shop  shop-9a8b7c6-cd34  shop-7   rolling-out  25%     Releasing shop-7.',
    ])
  })

  it('says which release went on without proof', () => {
    const promoted = aRelease({ phase: 'done', outcome: 'promoted', weight: 1000 })
    const states = [true, false].map((proven) => releaseTable([{ ...promoted, proven }], now)[1])
    expect(states[0]).toContain('  promoted  100%')
    expect(states[1]).toContain('  promoted (unproven)  100%')
    expect(appTable([app], [{ ...promoted, proven: false }])[1]).toContain('promoted (unproven)')
    const back = aRelease({ phase: 'done', outcome: 'rolled-back', proven: false })
    expect(releaseTable([back], now)[1]).not.toContain('unproven')
  })

  it('is shown with its source, its running release and its last ones', () => {
    expect(appDetail(app, ['shop.example.com'], [aRelease()], plain, now).slice(0, 7)).toEqual([
      'default/shop',
      '  source   https://git.example.com/acme/shop main',
      '  hosts    shop.example.com',
      '  stable   shop-9a8b7c6-cd34 (commit 9a8b7c6)',
      '  Releasing shop-7.',
      '',
      'shop-7  3f2c1d0 Add the blue button',
    ])
  })
})
