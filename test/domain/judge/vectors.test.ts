// The judge gives the figures that were computed by another hand; and the check of them can fail.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkVectors } from '../../../bench/vector-cases.ts'
import { parseVectors, type VectorFile } from '../../../bench/vector-file.ts'

const text = readFileSync(new URL('../../golden/judge/vectors.json', import.meta.url), 'utf8')
const file = parseVectors(text, 'vectors.json')

describe('the judge', () => {
  const outcomes = checkVectors(file)

  it.each(outcomes.map(({ section, name, difference }) => [`${section}: ${name}`, difference]))(
    'agrees on %s',
    (_, difference) => expect(difference).toBeUndefined(),
  )

  it('is asked every section', () => {
    expect(new Set(outcomes.map(({ section }) => section))).toEqual(
      new Set(['eprocess', 'upper', 'lower', 'poisson_ucb', 'counter_delta', 'latency_histogram', 'engine']),
    )
  })
})

describe('the check', () => {
  /** Of one changed file, the outcomes that differ. */
  function differences(change: (file: VectorFile) => void): string[] {
    const copy = structuredClone(file)
    change(copy)
    return checkVectors(copy).flatMap(({ section, name, difference }) =>
      difference === undefined ? [] : [`${section}: ${name}: ${difference}`],
    )
  }

  it('names the first number that differs', () => {
    const changed = differences(({ engine }) => {
      const [, , decided] = engine?.[0]?.rows[2] ?? []
      if (decided) decided[0] = 0.2
    })
    expect(changed).toEqual([
      expect.stringMatching(/^engine: good, 1000 req\/s: row 3: weight 0\.0691477\d+ instead of 0\.2$/),
    ])
  })

  it.each<[string, (file: VectorFile) => void]>([
    ['a verdict', ({ engine }) => engine?.[0]?.rows.at(-1)?.[2].splice(1, 1, 'ramp')],
    ['the evidence', ({ eprocess }) => nudge(eprocess?.[4]?.M)],
    ['an upper bound', ({ upper }) => nudge(upper?.[1]?.U)],
    ['a lower bound', ({ lower }) => nudge(lower?.[1]?.L)],
    ['a bound of a tail', ({ latency_histogram }) => nudge(latency_histogram?.[0]?.U[2])],
    ['the latency’s evidence', ({ latency_histogram }) => nudge(latency_histogram?.[1]?.M_lat)],
    ['a chosen bound', ({ latency_histogram }) => latency_histogram?.[0]?.used_bounds.splice(0, 1, 50)],
    ['a missing row', ({ eprocess }) => eprocess?.[0]?.M.pop()],
    ['a row too many', ({ upper }) => upper?.[0]?.U.push(0)],
  ])('sees %s that is another', (_, change) => {
    expect(differences(change)).toHaveLength(1)
  })

  it('follows the file’s own parameters, and a case’s', () => {
    expect(
      differences(({ config }) => {
        config.share = 0.02
      }).length,
    ).toBeGreaterThan(20)
    expect(
      differences(({ engine }) => {
        const promoted = engine?.find(({ name }) => name.startsWith('good to the end'))
        if (promoted) promoted.cfg = { bake: 35 }
      }),
    ).toHaveLength(1)
  })

  it('says what is wrong with a file of another form', () => {
    expect(() => parseVectors('', 'empty')).toThrow('empty is no JSON')
    expect(() => parseVectors('{"version":1,"tolerance":1e-9,"config":{"bogus":1}}', 'odd')).toThrow(
      'odd is no file of judge vectors:\n  config: Unrecognized key: "bogus"',
    )
    expect(() => parseVectors(JSON.stringify({ ...file, more: [] }), 'odd')).toThrow('"more"')
    expect(() => parseVectors(JSON.stringify({ ...file, upper: [{ name: 'a' }] }), 'odd')).toThrow(
      'upper.0.ticks',
    )
  })

  it('never breaks, whatever it is given', () => {
    const sections = Object.keys(file) as (keyof VectorFile)[]
    fc.assert(
      fc.property(fc.constantFrom(...sections), fc.jsonValue(), fc.nat(), (section, value, place) => {
        const whole: Record<string, unknown> = structuredClone(file)
        const cases = whole[section]
        if (Array.isArray(cases)) spoil(cases[place % cases.length], value, place)
        else whole[section] = value
        try {
          checkVectors(parseVectors(JSON.stringify(whole), 'hostile'))
        } catch (error) {
          expect((error as Error).message).toContain('hostile is no file of judge vectors')
        }
      }),
      { numRuns: 150 },
    )
  })
})

function nudge(numbers: number[] | undefined): void {
  if (numbers) numbers[0] = (numbers[0] ?? 0) + 1e-6
}

/** Puts anything in the place of one of a case's fields. */
function spoil(one: Record<string, unknown>, value: unknown, place: number): void {
  const keys = Object.keys(one)
  one[keys[place % keys.length] ?? ''] = value
}
