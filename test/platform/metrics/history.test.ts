import { expect, test } from 'vitest'
import { sendJson } from '../http-server.ts'
import {
  against,
  app,
  buckets,
  canary,
  having,
  instance,
  now,
  questionIn,
  requests,
  type Series,
  stable,
} from './answers.ts'

const minute = Math.floor(now / 60) * 60
/** The series as a range has it: one value a minute, undefined where there is none, the last at this minute. */
const overMinutes = ({ metric }: Series, ...values: readonly (string | undefined)[]): Series => ({
  metric,
  values: values.flatMap((value, index) =>
    value === undefined ? [] : [[minute - 60 * (values.length - 1 - index), value] as const],
  ),
})
const bucket = (revision: string, le: string) => buckets(revision, { [le]: '' })[0] as Series

test('asks for the end of each minute, of these revisions alone', async () => {
  const { metrics, asked } = await having()
  expect(await metrics.history(app, [stable, canary], 60)).toEqual({ bounds: [], readings: [] })
  expect(asked).toMatchObject([{ method: 'POST', url: '/api/v1/query_range' }])
  const form = new URLSearchParams(asked[0]?.body)
  expect(form.get('step')).toBe('60')
  expect([form.get('start'), form.get('end')]).toEqual([`${minute - 59 * 60}`, `${minute}`])
  expect(form.get('query')).toContain(`-svc-default-(${stable}|${canary})-[0-9]+`)
  expect(form.get('query')).not.toMatch(/rate\(|increase\(|router/)
})

test('a reading for each minute that has data, with all bounds', async () => {
  const { metrics } = await having(
    overMinutes(requests(stable, '200'), '10', '20', undefined, '40'),
    overMinutes(requests(stable, '500'), undefined, '1', undefined, '3'),
    overMinutes(bucket(stable, '+Inf'), '10', '21', undefined, '43'),
    overMinutes(bucket(stable, '1.0'), '9', '19', undefined, '39'),
    overMinutes(bucket(stable, '0.1'), '5', '6', undefined, '7'),
    overMinutes(requests(canary, '200'), undefined, undefined, undefined, '2'),
    ...['0.1', '1.0', '+Inf'].map((le) =>
      overMinutes(bucket(canary, le), undefined, undefined, undefined, '2'),
    ),
  )
  const { bounds, readings } = await metrics.history(app, [stable, canary], 60)
  expect(bounds).toEqual([0.1, 1])
  const of = (revision: string, ago: number, requests: number, errors: number, within: number[]) => ({
    revision,
    instance: `${instance}#0`,
    at: (minute - ago * 60) * 1000,
    requests,
    errors,
    timed: requests,
    within,
  })
  expect(readings).toEqual([
    { at: (minute - 180) * 1000, counts: [of(stable, 3, 10, 0, [5, 9])], route: [] },
    { at: (minute - 120) * 1000, counts: [of(stable, 2, 21, 1, [6, 19])], route: [] },
    {
      at: minute * 1000,
      counts: [of(stable, 0, 43, 3, [7, 39]), of(canary, 0, 2, 0, [2, 2])],
      route: [],
    },
  ])
})

test('a sample that is no count takes its revision’s minute with it', async () => {
  const { metrics } = await having(
    overMinutes(requests(stable, '200'), '10', 'NaN', '30'),
    overMinutes(requests(stable, '404'), '1', '1', '1'),
    overMinutes(requests(canary, '200'), '1', '2', '3'),
  )
  const { readings } = await metrics.history(app, [stable, canary], 60)
  const seen = readings.map(({ counts }) => counts.map(({ requests }) => requests))
  expect(seen).toEqual([[11, 1], [2], [31, 3]])
})

test('what was counted by other bounds than the newest is left out', async () => {
  const { metrics } = await having(
    overMinutes(requests(stable, '200'), '10', '3'),
    overMinutes(bucket(stable, '0.3'), '9', undefined),
    overMinutes(bucket(stable, '0.5'), undefined, '2'),
    overMinutes(bucket(stable, '+Inf'), '10', '3'),
  )
  const { bounds, readings } = await metrics.history(app, [stable], 60)
  expect(bounds).toEqual([0.5])
  expect(readings.map(({ counts }) => counts.map(({ within }) => within))).toEqual([[[2]]])
})

test('a long past is asked for day by day', async () => {
  const { metrics, asked } = await against((question, response) => {
    const end = Number(new URLSearchParams(question.body).get('end'))
    const { metric } = requests(stable, '200')
    const result = [{ metric, values: [[end, '7']] }]
    sendJson(response, 200, { status: 'success', data: { resultType: 'matrix', result } })
  })
  const { readings } = await metrics.history(app, [stable], 7 * 1440)
  const stretches = asked.map(({ body }) => {
    const form = new URLSearchParams(body)
    return [Number(form.get('start')), Number(form.get('end'))] as const
  })
  expect(stretches).toHaveLength(7)
  for (const [start, end] of stretches) expect(end - start).toBe(1439 * 60)
  expect(stretches.at(-1)?.[1]).toBe(minute)
  expect(stretches[0]?.[0]).toBe(minute - (7 * 1440 - 1) * 60)
  expect(readings.map(({ at }) => at / 1000)).toEqual(stretches.map(([, end]) => end))
})

test('no revision is no question', async () => {
  const { metrics, asked } = await having()
  expect(await metrics.history(app, [], 60)).toEqual({ bounds: [], readings: [] })
  expect(asked.map(questionIn)).toEqual([])
})
