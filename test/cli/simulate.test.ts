// `slipway simulate`: the tables, one App's answer, and what is refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import { slipway } from './screen.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-simulate-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function manifest(release: string): Promise<string> {
  const name = `app-${Math.random().toString(36).slice(2)}.yaml`
  const text = `apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n  run: {port: 8080}\n  release: ${release}\n`
  await writeFile(join(folder, name), text)
  return name
}

const few = ['--runs', '20']
const simulate = (args: readonly string[]) => slipway(['simulate', ...few, ...args], { cwd: folder })
const quick = { timeout: 30_000 }

describe('the comparison', () => {
  it('is a table for each kind of canary and rate, a line for each policy', quick, async () => {
    const args = ['--truth', 'broken,identical', '--rate', '10,100', '--policy', 'slipway,flagger']
    const { code, out } = await simulate(args)
    expect(code).toBe(0)
    const titles = out.split('\n').filter((line) => line.endsWith('requests/s'))
    expect(titles).toEqual([
      'broken (fails always), 10 requests/s',
      'broken (fails always), 100 requests/s',
      'identical (as good as stable), 10 requests/s',
      'identical (as good as stable), 100 requests/s',
    ])
    expect(out.match(/^ {2}slipway +100% /gm)).toHaveLength(2)
    expect(out).toMatch(/^ {2}flagger +100% +3,\d{3} +6m \/ 6m +– +0%$/m)
    expect(out).toMatch(/^ {2}flagger +0% +– +– +6m +–$/m)
  })

  it('is the same again for the same seed, and another for another', quick, async () => {
    const args = ['--truth', '+2pp', '--rate', '100', '--policy', 'slipway']
    const first = await simulate(args)
    expect(await simulate(args)).toEqual(first)
    expect((await simulate([...args, '--seed', '2'])).out).not.toBe(first.out.replace('seed 1', 'seed 2'))
  })

  it('answers in JSON with the question and every cell', quick, async () => {
    const args = ['--truth', 'broken', '--rate', '1', '--base', '1%', '--scrape', '1s', '--json']
    const document = JSON.parse((await simulate(args)).out)
    expect(document).toMatchObject({ runs: 20, seed: 1, base: 0.01, rates: [1], truths: ['broken'] })
    expect(document.method.tick).toBe(1)
    expect(document.objectives.success).toBeCloseTo(0.98, 12)
    expect(document.cells.map(({ policy }: { policy: string }) => policy)).toEqual([
      'slipway',
      'flagger',
      'flagger-fast',
      'argo',
      'kayenta',
      'knative',
    ])
    for (const { summary } of document.cells) expect(summary.runs).toBe(20)
  })

  it('shows what an incident on both sides does', quick, async () => {
    const args = ['--truth', 'identical', '--rate', '10', '--policy', 'slipway,flagger-fast']
    const { out } = await simulate([...args, '--incident', 'metrics-lost'])
    expect(out).toContain('meanwhile: metrics-lost')
    expect(out).toMatch(/^ {2}slipway +0% /m)
    expect(out).toMatch(/^ {2}flagger-fast +100% /m)
  })
})

describe("one App's answer", () => {
  it('says what is caught, after what time, at what cost, and what a good version takes', quick, async () => {
    const file = await manifest('{objectives: {success: 99%, latency: {below: 500ms, for: 99%}}}')
    const { code, out } = await simulate(['--app', file, '--rate', '100'])
    expect(code).toBe(0)
    expect(out).toMatch(/^shop with 100 requests a second, judged by the automatic ramp; 20 simulated/)
    expect(out).toMatch(/^A good version has full traffic after 1m\d+s .* and is final 10m later\.$/m)
    expect(out).toMatch(/^It is taken back by mistake in 0 of 20 releases\.$/m)
    expect(out).toMatch(/^fails always +100% +10s \/ \d+s +\d+(\.\d)?$/m)
    expect(out).toMatch(/^answers take twice as long +100% /m)
    expect(out).toMatch(
      /smallest rise of the error rate that is caught in nine of ten releases: 0\.\d+ pp\.$/m,
    )
  })

  it('leaves latency out where nothing is promised about it', quick, async () => {
    const { out } = await simulate(['--app', await manifest('{steps: auto}'), '--rate', '10'])
    expect(out).toContain('latency is not judged')
    expect(out).not.toContain('answers take')
  })

  it.each([
    ['{steps: [{weight: 10, for: 1m}, {weight: 50, for: 1m}]}', 'the sequential test at 10%, 50%'],
    ['{steps: [10, 50], analysis: {thresholds: {requests: 20}}}', 'fixed thresholds at 10%, 50%'],
  ])('follows the release that is written: %s', quick, async (release, judge) => {
    const args = ['--app', await manifest(release), '--rate', '100', '--json']
    const document = JSON.parse((await simulate(args)).out)
    expect(document).toMatchObject({ app: 'shop', judge, rate: 100, runs: 20 })
    const good = document.canaries.find(({ truth }: { truth: string }) => truth === 'identical')
    expect(good.full.median).toBeGreaterThanOrEqual(60)
    expect(good.full.median).toBeLessThanOrEqual(150)
    expect(document.smallestRevealedRise).toBeGreaterThan(0)
  })
})

describe('what is refused', () => {
  it.each([
    [['--rate', '0'], /above 0/],
    [['--rate', '1,many'], /1,10,100/],
    [['--base', '0.001'], /such as 0.1%/],
    [['--base', '50%'], /at most 20%/],
    [['--scrape', '0s'], /from 1s to 60s/],
    [['--runs', '0'], /whole number from 1/],
    [['--seed', '-1'], /whole number of at most 15 digits/],
    [['--truth', 'identical,fine'], /"fine" is not one of identical/],
    [['--policy', 'hope'], /"hope" is not one of slipway/],
    [['--incident', 'flood'], /shared-spike/],
    [['--app', 'slipway.yaml', '--policy', 'argo'], /cannot be used with/],
    [['--app', 'slipway.yaml'], /--rate 40/],
    [['--app', 'slipway.yaml', '--rate', '1,2'], /--rate 40/],
  ])('%j', async (args, message) => {
    const { code, out, err } = await simulate(args)
    expect(code).toBe(exitCodes.usage)
    expect(err).toMatch(message)
    expect(out).toBe('')
  })

  it('a file that is not there, with code 6', async () => {
    const { code, err } = await simulate(['--app', 'nowhere.yaml', '--rate', '1'])
    expect(code).toBe(exitCodes.notFound)
    expect(err).toMatch(/cannot read .*nowhere\.yaml\n.*slipway init/)
  })

  it('a file that is wrong, with every problem and its place', async () => {
    const file = await manifest('{steps: sometimes, colour: blue}')
    const { code, err } = await simulate(['--app', file, '--rate', '1'])
    expect(code).toBe(exitCodes.error)
    expect(err).toMatch(/slipway\.yaml:6:\d+ spec\.release\.colour: unknown key/)
    expect(err).toMatch(/slipway\.yaml:6:\d+ spec\.release\.steps/)
  })

  it('a file that is no YAML at all', async () => {
    await writeFile(join(folder, 'broken.yaml'), '{[')
    const { code, err } = await simulate(['--app', 'broken.yaml', '--rate', '1'])
    expect(code).toBe(exitCodes.error)
    expect(err).toMatch(/slipway\.yaml:1:/)
  })
})
