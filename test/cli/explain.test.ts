// What whoever is on call reads about a release, and what a script gets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ReleaseView } from '../../cli/cluster.ts'
import { releaseBlock } from '../../cli/release-view.ts'
import { painter } from '../../cli/screen.ts'
import type { Evidence } from '../../domain/judge/judge.ts'
import { aJudging } from '../contract/evidence.ts'
import { climbing, shownSafe, takenBack, unproven } from './judged.ts'
import { aRelease, slipway, startedAt } from './screen.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
const explain = async (release: ReleaseView) =>
  (await slipway(['explain', release.name], { releases: [release] })).out
/** Between one heading and the next, as one line of words: where lines break is not the question. */
const section = (text: string, title: string) =>
  (text.split(`\n${title}`)[1] ?? '').split(/\n\n/)[0]?.replace(/\s+/g, ' ').trim()

describe('explain', () => {
  it('tells a release that was taken back as the documentation shows it', async () => {
    expect(page).toContain(`$ slipway explain shop-7\n${await explain(takenBack)}\`\`\``)
  })

  it('has every decision with its weights, counts, evidence, bounds and time, and what is reached with it', async () => {
    const text = await explain(takenBack)
    expect(section(text, 'Decisions')).toContain(
      'rolling-out 1% → 3%, served after 200ms on to 3 %: at most 29 pp worse',
    )
    expect(text).toContain('  12:00:54     +54s  rolling-out   3%\n    3 % is harmful: ')
    expect(text).toContain('canary  96 requests, 9 errors (9.4%)')
    expect(text).toContain('stable  3,977 requests, 4 errors (0.10%)')
    expect(text).toContain('from    errors 5,120 · latency 1.1 · history 1,210 · objective 41 · slow 0.9')
    expect(text).toContain('harm    1,843 / 100, at most 19 pp worse (95 %), 9 requests harmed')
  })

  it('says what was judged by, with the query to ask oneself', async () => {
    const text = await explain(takenBack)
    expect(text.split('\n')).toContain(`    ${aJudging.query}`)
    const said = section(text, 'Judged by')
    for (const words of [
      'at 100 the release is taken back, which befalls at most 1 % of the versions',
      "error rate up to stable's + 0.1 pp",
      'with 95 % confidence at most 0.5 pp more errors',
      '99.5 % of the requests succeed; 99 % answered within 0.5 s',
      'stable answered 8.48M requests with 8,480 errors (0.10%); 98.2 requests/s; the gateway is read every 5 s',
    ])
      expect(said).toContain(words)
  })

  it('says which steps were listed, where the ramp does not decide', async () => {
    const steps = [
      { weight: 0.05, for: 30 },
      { weight: 1, for: 0 },
    ]
    const said = section(await explain({ ...takenBack, judging: { ...aJudging, steps } }), 'Judged by')
    expect(said).toContain('steps as slipway.yaml lists them: 5 % for 30s · 100 %')
    expect(said).not.toContain('ramp')
  })

  it('is silent about latency where nobody asked for it', async () => {
    const judging = { ...aJudging, baseline: { ...aJudging.baseline, latency: [], requests: 12, errors: 0 } }
    const text = await explain({ ...takenBack, judging })
    const said = section(text, 'Judged by')
    expect(said).toContain('latency not judged: there is no objective for it')
    expect(said).toContain('stable answered 12 requests with 0 errors: too few to judge by')
    expect(said).not.toContain('slow')
    expect(text).toContain('from    errors 5,120 · history 1,210 · objective 41\n')
  })

  it('says of a running release why it waits where it is, and what moves it', async () => {
    const now = section(await explain(climbing), 'Now')
    expect(now).toContain(
      'weight 3%: at most 7.9 pp worse: more would put over 30 requests at risk before the next look',
    )
    expect(now).toContain('traffic 98 requests/s reveal a rise of 0.62 pp or more by the deadline')
    expect(now).toContain('harm at 100: taken back; at most 0.5 pp worse: proven, and on to 95 %')
    expect(now).toContain('at 2026-03-01 12:05:12 UTC: it goes on unproven')
    expect(section(await explain({ ...climbing, stalled: 'no requests for 40s' }), 'Now')).toContain(
      'stalled no requests for 40s; missing data is neither good nor bad',
    )
  })

  it('promises nothing any more when the judge has spoken', async () => {
    const { outcome, finishedAt, ...back } = takenBack
    const text = await explain({ ...back, phase: 'rolling-back', message: 'all traffic is back' })
    const now = section(text, 'Now')
    expect(now).toContain('weight 0% canary 96 requests, 9 errors')
    expect(now).toContain('proven no: it is being taken back')
    expect(now).not.toContain('goes on')
    const block = releaseBlock({ ...back, phase: 'rolling-back' }, painter(false), startedAt, 100)
    expect(block.join(' ')).not.toMatch(/traffic {2}|goes on/)
  })

  it('says of a promoted one whether it was proven, and what its traffic could have shown', async () => {
    const proven = section(await explain(shownSafe), 'The end')
    expect(proven).toContain('shown at most 0.49 pp worse (95 %) harmed 0 requests in all proven yes')
    const text = await explain(unproven)
    expect(text).toContain('promoted (unproven) after 11m20s')
    expect(section(text, 'The end')).toContain(
      'traffic 0.98 requests/s reveal a rise of 8.3 pp or more by the deadline proven no: nothing showed harm',
    )
  })

  it.each<[string, Partial<ReleaseView>, string]>([
    [
      'a first release',
      { phase: 'done', outcome: 'promoted' },
      'Nothing was judged: it was the first release',
    ],
    [
      'a first release that was watched',
      { evidence: withoutTest(shownSafe.evidence as Evidence) },
      'Its objectives alone were watched: it was the first release',
    ],
    [
      'a broken build',
      { phase: 'done', outcome: 'failed', stable: 'shop-1', weight: 0 },
      'Nothing was judged: it ended before it had any traffic',
    ],
    ['one that builds', { phase: 'building', stable: 'shop-1', weight: 0 }, 'Nothing is judged yet'],
    [
      'fixed thresholds',
      { stable: 'shop-1', evidence: withoutTest(shownSafe.evidence as Evidence) },
      'Fixed thresholds, looked at step by step',
    ],
  ])('says why there are no statistics: %s', async (_, part, words) => {
    const { evidence: __, stable: ___, ...bare } = aRelease()
    expect(section(await explain({ ...bare, ...part } as ReleaseView), 'Judged by')).toContain(words)
  })

  it('shows a build’s own words where they are what ended it', async () => {
    const message = 'the build failed: exit code 1\n#7 RUN npm ci\nnpm error missing'
    const { evidence: _, ...bare } = aRelease({ phase: 'done', outcome: 'failed', message, weight: 0 })
    const text = await explain(bare)
    expect(section(text, 'The end')).toContain('outcome failed: the build failed: exit code 1 #7 RUN npm ci')
  })

  it('reads a release that was told before latency was counted by bounds', async () => {
    const tally = { requests: 1204, errors: 3, fast: 1200 }
    const evidence = { from: 1, to: 2, canary: tally, stable: tally, looks: 3 } as unknown as Evidence
    const old = aRelease({
      evidence,
      transitions: [
        { at: startedAt, phase: 'rolling-out', weight: 50, message: '5 % is safe', evidence },
        { at: startedAt + 900, phase: 'rolling-out', weight: 250, message: 'the gateway serves 25 %' },
      ],
    })
    const text = await explain(old)
    expect(text).toContain('rolling-out   0% → 25%, served after 900ms\n    5 % is safe')
    expect(text).toContain('canary  1,204 requests, 3 errors (0.25%)')
    expect(text).not.toMatch(/NaN|undefined/)
  })

  it('fits eighty columns, but for the query, which is there to be copied', async () => {
    for (const release of [climbing, takenBack, shownSafe, unproven]) {
      const long = (await explain(release)).split('\n').filter((line) => line.length > 80)
      expect(long).toEqual([`    ${aJudging.query}`])
    }
  })

  it("takes an App's name for its newest release; the outcome of a release is no failure to explain it", async () => {
    const { code, out } = await slipway(['explain', 'shop'], { releases: [takenBack] })
    expect(code).toBe(0)
    expect(out).toContain('shop-7')
    expect((await slipway(['explain', 'site'], { releases: [takenBack] })).code).toBe(6)
  })

  it('gives the numbers as they are, in JSON', async () => {
    const { out } = await slipway(['explain', 'shop-7', '--json'], { releases: [takenBack] })
    const told = JSON.parse(out)
    expect(told).toMatchObject({ name: 'shop-7', outcome: 'rolled-back', harmed: 8.9, judging: aJudging })
    expect(told.decisions[4]).toMatchObject({ from: 10, to: 30, since: 22_000, servedAt: startedAt + 22_200 })
    expect(told.decisions[5].evidence.test.harm).toBe(1843.2)
    const bare = await slipway(['explain', 'shop-7', '--json'], { releases: [aRelease()] })
    expect(JSON.parse(bare.out).notJudged).toContain('Fixed thresholds')
  })
})

describe('watch', () => {
  const plain = painter(false)
  const now = startedAt + 40_000

  it('shows on a terminal what the documentation shows', () => {
    const lines = releaseBlock(climbing, plain, now, 80)
    expect(page).toContain(`$ slipway watch shop-7\n${lines.slice(0, -5).join('\n')}\n`)
  })

  it('has the evidence, the bound, the harm, the reason of the weight and what the traffic can reveal', () => {
    expect(releaseBlock(climbing, plain, now, 100).slice(1, 8)).toEqual([
      'rolling-out  ramp  █░░░░░░░░░░░░░░░░░░░ 3%  40s',
      '  canary  shop-3f2c1d0-ab12  57 requests, 2 errors (3.5%)',
      '  stable  shop-9a8b7c6-cd34  2,490 requests, 3 errors (0.12%)',
      '  harm    ███░░░░░░░ 37 / 100, at most 7.9 pp worse (95 %), 2 requests harmed',
      '  weight  at most 7.9 pp worse: more would put over 30 requests at risk before the next look',
      '  traffic 98 requests/s reveal a rise of 0.62 pp or more by the deadline',
      '  proven  not yet: at most 0.5 pp worse is asked for; it goes on without proof in 4m32s',
    ])
  })

  it('breaks its lines on a narrow terminal, and stays below twenty-four of them', async () => {
    const { out } = await slipway(['watch', 'shop-7'], {
      releases: [climbing],
      follow: [climbing, takenBack],
      tty: true,
    })
    const lines = stripVTControlCharacters(out).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
    expect(out.replace(/\s+/g, ' ')).toContain('37 / 100, at most 7.9 pp worse')
    expect(releaseBlock(climbing, plain, now, 60).length).toBeLessThan(24)
  })

  it('is one line a change when piped, with the evidence in it', async () => {
    const { out } = await slipway(['watch', 'shop-7'], {
      releases: [climbing],
      follow: [climbing, takenBack],
    })
    expect(out).toContain(
      'canary 10 requests, 0 errors · stable 972 requests, 1 error (0.10%) · harm 1 / 100, at most 29 pp worse (95 %), 0 requests harmed]',
    )
    expect(out).toContain('shop-7 rolled-back: 9 of 96 requests failed')
  })

  it('says when nothing that this traffic does would show', () => {
    const blind = { ...climbing, evidence: withDetectable(climbing.evidence as Evidence, 1) }
    expect(releaseBlock(blind, plain, now, 100)).toContain(
      '  traffic 98 requests/s reveal nothing by the deadline, not even a version that always fails',
    )
  })
})

function withoutTest({ test: _, ...counts }: Evidence): Evidence {
  return counts
}

const withDetectable = (evidence: Evidence, detectable: number): Evidence => ({
  ...evidence,
  ...(evidence.test && { test: { ...evidence.test, detectable } }),
})
