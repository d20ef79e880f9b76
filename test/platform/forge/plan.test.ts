// What a pull request's check says: everything of the plan, and nothing that others wrote as anything but text.
import { describe, expect, test } from 'vitest'
import type { Foresight, Foretold } from '../../../domain/foresight.ts'
import { readManifest } from '../../../domain/manifest.ts'
import { lookAhead, type Outlook, type Seen } from '../../../domain/outlook.ts'
import { planRemarks, planRun, planStatus } from '../../../platform/forge/plan.ts'
import { aRevision, aRun, fakeSha } from '../../contract/fixtures.ts'
import { app, start } from './status.ts'

const sha = fakeSha('offered')
const stable = aRevision(app, 'stable', { run: aRun({ env: { LEVEL: 'info', OLD: '1' } }) })

const foretold = (foresight: Foresight): Foretold => ({ app, sha, at: start, foresight })
const refused = (why: string) => foretold({ kind: 'refused', why })

/** What a push of this file would do where `stable` serves. */
function taken(spec: string, change: Partial<Seen> = {}): Foretold {
  const text = `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n${spec}`
  const read = readManifest(text, app)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const metered = { answer: { kind: 'not asked', why: 'no' }, query: () => 'up' } as const
  const seen: Seen = {
    app,
    busy: { rejected: [] },
    revisions: [stable],
    stable,
    served: [],
    seq: 7,
    config: [],
    taken: [],
    metered,
    ...change,
  }
  const ahead = lookAhead(text, read, seen, start)
  if ('problems' in ahead) throw new Error(JSON.stringify(ahead.problems))
  return foretold({ kind: 'taken', outlook: ahead.outlook })
}

const summaryOf = (one: Foretold): string => planRun(one).output.summary

describe('the plan of a file that would be taken', () => {
  const one = taken(`
  run: {health: /healthz, resources: {cpu: 20m, memory: 64Mi}, replicas: 1, env: {LEVEL: debug}}
  release: {steps: [{weight: 10, for: 5m}, 100], bake: 10m, gates: [{before: 100, approvers: [ana], timeout: 1h}]}`)

  test('is a check run that is over', () => {
    expect(planRun(one)).toMatchObject({
      name: 'slipway / shop / plan',
      external_id: `plan/default/shop/${sha}`,
      status: 'completed',
      conclusion: 'success',
      started_at: '2026-01-01T00:00:00Z',
      completed_at: '2026-01-01T00:00:00Z',
      output: { title: 'would be released: 2 changes in how it runs' },
      actions: [],
    })
    expect(planRemarks(one)).toEqual([])
  })

  test('says when it was so, what changes, how the traffic moves and what holds it', () => {
    const summary = summaryOf(one)
    expect(summary).toContain('as things stand at 2026-01-01T00:00:00Z')
    expect(summary).toContain('~ run.env.LEVEL: info → debug\n- run.env.OLD: "1"')
    expect(summary).toContain('| weights | 10% for 5m · 100% |')
    expect(summary).toContain('| bake | 10m at 100%, the stable revision still warm |')
    expect(summary).toMatch(/\| before-100 \| .*ana/)
    expect(summary).toContain('slipway plan --app shop --namespace default')
  })

  test('says so when nothing changes, and when it is the first', () => {
    const same = taken(
      '  run: {health: /healthz, resources: {cpu: 20m, memory: 64Mi}, replicas: 1, env: {LEVEL: info, OLD: "1"}}',
    )
    expect(summaryOf(same)).toContain('none in how it is run and reached')
    const { stable: _, ...first } = (same.foresight as { outlook: Outlook }).outlook
    const asFirst = foretold({ kind: 'taken', outlook: { ...first, unjudged: 'first' } })
    expect(planRun(asFirst).output.title).toBe('would be released: the first release')
    expect(summaryOf(asFirst)).toContain('there is nothing to compare with')
  })

  test('shows what was written as text, and never more than GitHub takes', () => {
    const env = Array.from({ length: 200 }, (_, at) => `K${at}: "${'`x|y\\u202e'.repeat(30)}"`).join(', ')
    const summary = summaryOf(taken(`  run: {env: {${env}}}`))
    expect(Buffer.byteLength(summary)).toBeLessThan(65_535)
    expect(summary).not.toContain('\u202e')
    expect(summary).toMatch(/… and \d+ more/)
  })
})

describe('the plan of a file that would be refused', () => {
  const why =
    '2 problems\nslipway.yaml:7:5 spec.run.prot: unknown key\nslipway.yaml:9:1 spec.rum: unknown key'

  test('says why, at each line', () => {
    expect(planRun(refused(why))).toMatchObject({
      conclusion: 'failure',
      output: { title: 'would be refused: 2 problems' },
    })
    expect(summaryOf(refused(why))).toContain(why)
    expect(planRemarks(refused(why))).toMatchObject([
      { path: 'slipway.yaml', start_line: 7, start_column: 5, message: 'spec.run.prot: unknown key' },
      { path: 'slipway.yaml', start_line: 9, start_column: 1, annotation_level: 'failure' },
    ])
  })

  test('cannot end the block that it stands in', () => {
    expect(summaryOf(refused('slipway.yaml:1:1 "```\n# Approved"'))).toContain('\n````\n')
  })
})

describe('where there are no checks, a commit status', () => {
  test.each([
    [taken('  run: {}'), 'success', /^would be released: /],
    [refused('slipway.yaml:7:5 spec.run.prot: unknown key'), 'failure', /^would be refused: /],
    [foretold({ kind: 'fork' }), 'success', /^forks are not built/],
  ])('%#', (one, state, description) => {
    expect(planStatus(one)).toMatchObject({
      state,
      context: 'slipway/shop/plan',
      description: expect.stringMatching(description),
    })
  })
})
