import { describe, expect, test } from 'vitest'
import { httpServer, sendJson } from '../http-server.ts'
import {
  against,
  app,
  at,
  buckets,
  canary,
  having,
  heartbeat,
  instance,
  matrix,
  now,
  questionIn,
  requests,
  type Series,
  series,
  service,
  shifted,
  stable,
  wrr,
} from './answers.ts'

test('sums codes and methods, takes the newest sample with its own time, tells the route from its revisions', async () => {
  const { metrics, asked } = await having(
    requests(stable, '200', '900', '950'),
    requests(stable, '404', '5'),
    requests(stable, '503', '1', '2'),
    ...buckets(stable, { '0.5': '940', '1': '948', '+Inf': '950' }),
    requests(canary, '200', '10'),
    series('router_requests_total', { service: wrr, code: '200' }, '965'),
    series('router_requests_total', { service: wrr, code: '503' }, '9'),
  )
  const { counts, route: whole } = await metrics.counters(app, [stable], [0.5, 1])
  expect(counts).toEqual([
    {
      revision: stable,
      instance: `${instance}#0`,
      at: at * 1000,
      requests: 957,
      errors: 2,
      timed: 950,
      within: [940, 948],
    },
  ])
  expect(whole).toEqual([
    { revision: '', instance, at: at * 1000, requests: 974, errors: 9, timed: 0, within: [0, 0] },
  ])
  expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/query' })
})

test('asks what it says that it asks: raw samples of a minute', async () => {
  const { metrics, asked } = await having()
  await metrics.counters(app, [stable], [0.5, 1])
  const query = metrics.query(app, [0.5, 1])
  expect(asked.map(questionIn)).toEqual([query])
  expect(query).toContain('service=~"httproute-default-shop-gw-.*|"')
  expect(query).toContain('le=~"|0\\\\.5|1|1\\\\.0|\\\\+Inf"')
  expect(query).toMatch(/\}\[60s\]$/)
  expect(query).not.toMatch(/rate|increase|sum/)
  expect(metrics.query(app, [])).toContain('le=~""')
})

test('bounds stay in the order in which they were asked for, however Prometheus writes them', async () => {
  const { metrics } = await having(...buckets(stable, { '0.5': '4', '1.0': '6', '+Inf': '7' }))
  const { counts } = await metrics.counters(app, [stable], [1, 0.5])
  expect(counts).toMatchObject([{ timed: 7, within: [6, 4] }])
})

test('a revision at another position is another counter, not the same one grown', async () => {
  const moved = series('service_requests_total', { service: service(stable, 1), code: '200' }, '3')
  const { metrics } = await having(requests(stable, '200', '900'), moved)
  const { counts } = await metrics.counters(app, [stable], [])
  expect(counts.map(({ instance, requests: count }) => [instance.split('#')[1], count])).toEqual([
    ['0', 900],
    ['1', 3],
  ])
})

describe('when the gateway was read', () => {
  test('is known although it has counted nothing of the App', async () => {
    const { metrics } = await having(heartbeat('1', '1', '1'))
    expect(await metrics.counters(app, [stable], [0.5])).toEqual({
      at: now * 1000,
      scrapedAt: at * 1000,
      interval: 2000,
      counts: [],
      route: [],
    })
  })

  test('is unknown when nothing is there', async () => {
    const { metrics } = await having()
    expect(await metrics.counters(app, [stable], [0.5])).toEqual({ at: now * 1000, counts: [], route: [] })
  })

  test.for([1, 2, 5, 15])('every %d s is seen as that, a missed reading notwithstanding', async (seconds) => {
    const read = [8, 7, 6, 5, 3, 2, 1, 0]
      .map((before) => at - before * seconds)
      .filter((time) => time > now - 60)
    const every = { ...heartbeat(), values: read.map((time) => [time, '1'] as const) }
    const { metrics } = await having(every, requests(stable, '200', '3'))
    expect(await metrics.counters(app, [stable], [])).toMatchObject({ interval: seconds * 1000 })
  })

  test('once only tells no interval', async () => {
    const { metrics } = await having(heartbeat('1'))
    const reading = await metrics.counters(app, [stable], [])
    expect(reading).toMatchObject({ scrapedAt: at * 1000 })
    expect(reading).not.toHaveProperty('interval')
  })

  test('long ago is not of late, and its counts are no data', async () => {
    const all = [heartbeat('1', '1'), requests(stable, '200', '8', '9')]
    const asOf = async (seconds: number) => {
      const { metrics } = await having(...all.map((one) => shifted(one, -seconds)))
      return metrics.counters(app, [stable], [])
    }
    expect(await asOf(28)).toMatchObject({ scrapedAt: (at - 28) * 1000, counts: [{ requests: 9 }] })
    expect(await asOf(31)).toEqual({ at: now * 1000, interval: 2000, counts: [], route: [] })
  })

  test('every 15 s: 40 s are no long time', async () => {
    const slow = (one: Series): Series => ({
      ...one,
      values: one.values.map(([, value], index) => [at - 40 - 15 * (1 - index), value]),
    })
    const { metrics } = await having(slow(heartbeat('1', '1')), slow(requests(stable, '200', '8', '9')))
    expect(await metrics.counters(app, [stable], [])).toMatchObject({ counts: [{ requests: 9 }] })
  })
})

test('a series that the last reading did not have is gone, though its samples are young', async () => {
  const gone = shifted(requests(stable, '503', '7', '8'), -2)
  const { metrics } = await having(heartbeat('1', '1'), requests(stable, '200', '3'), gone)
  expect(await metrics.counters(app, [stable], [])).toMatchObject({ counts: [{ requests: 3, errors: 0 }] })
})

test('two gateways need not be read at the same moment', async () => {
  const other = { job: 'gateway', instance: '127.0.0.2:8081' }
  const second = series(
    'service_requests_total',
    { ...other, service: service(stable), code: '200' },
    '4',
    '5',
  )
  const { metrics } = await having(requests(stable, '200', '3', '3'), shifted(second, -1.5))
  const { counts } = await metrics.counters(app, [stable], [])
  expect(counts).toMatchObject([
    { instance: `${instance}#0`, requests: 3, at: at * 1000 },
    { instance: '127.0.0.2:8081#0', requests: 5, at: at * 1000 - 1500 },
  ])
})

test('bounds that the gateway does not have are refused, naming those it has', async () => {
  const { metrics } = await against((asked, response) => {
    const all = questionIn(asked).startsWith('traefik_service_request_duration')
    const [few, many] = [
      { '0.5': '1', '+Inf': '1' },
      { '1.0': '1', '0.1': '1', '0.5': '1', '+Inf': '1' },
    ]
    sendJson(response, 200, matrix(requests(stable, '200', '1'), ...buckets(stable, all ? many : few)))
  })
  await expect(metrics.counters(app, [stable], [0.5, 0.3, 0.7])).rejects.toMatchObject({
    reason: 'Invalid',
    message: expect.stringMatching(/below 0\.3, 0\.7 s: .* only answers below 0\.1, 0\.5, 1 s/),
  })
})

describe('what is no count', () => {
  test.for(['NaN', '+Inf', '-1'] as const)(
    '%s: nothing is known when nothing else is left',
    async (value) => {
      const { metrics } = await having(
        heartbeat('1'),
        requests(stable, '200', value),
        series('router_requests_total', { service: wrr, code: '200' }, '12'),
      )
      await expect(metrics.counters(app, [stable], [])).rejects.toThrow(
        `traefik_service_requests_total of ${stable} at ${instance}#0 is ${value}: no count`,
      )
    },
  )

  test('leaves out all of that revision there, for a part of a sum is none', async () => {
    const { metrics } = await having(
      requests(stable, '200', '900'),
      ...buckets(stable, { '0.5': 'NaN', '+Inf': '900' }),
      requests(canary, '200', '10'),
      ...buckets(canary, { '0.5': '9', '+Inf': '10' }),
    )
    const { counts } = await metrics.counters(app, [stable, canary], [0.5])
    expect(counts).toMatchObject([{ revision: canary, requests: 10, timed: 10, within: [9] }])
  })

  test('is no matter in a sample that is not the last', async () => {
    const { metrics } = await having(requests(stable, '200', 'NaN', '9'))
    expect(await metrics.counters(app, [stable], [])).toMatchObject({ counts: [{ requests: 9 }] })
  })

  test('is no matter in what is not asked for', async () => {
    const foreign = series(
      'service_requests_total',
      { service: 'another@kubernetesgateway', code: '200' },
      'NaN',
    )
    const { metrics } = await having(requests(canary, '200', 'NaN'), foreign, heartbeat('NaN'))
    expect(await metrics.counters(app, [stable], [])).toMatchObject({ scrapedAt: at * 1000, counts: [] })
  })
})

test.for([
  [
    'an error of Prometheus',
    422,
    { status: 'error', errorType: 'execution', error: 'too many samples' },
    'too many samples',
  ],
  [
    'an answer of another form',
    200,
    { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
    'another form',
  ],
] as const)('fails plainly on %s', async ([, status, body, message]) => {
  const { metrics } = await against((_, response) => sendJson(response, status, body))
  const plain = { name: 'Error', message: expect.stringContaining(message) }
  await expect(metrics.counters(app, [stable], [])).rejects.toMatchObject(plain)
  await expect(metrics.history(app, [stable], 10)).rejects.toMatchObject(plain)
})

test('fails plainly on an answer without end', async () => {
  const piece = Buffer.alloc(1024 * 1024, ' ')
  const { metrics } = await against((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece)) {}
    }
    response.on('drain', more)
    more()
  })
  await expect(metrics.counters(app, [stable], [])).rejects.toThrow('longer than')
})

test('follows no redirect', async () => {
  const elsewhere = await httpServer((_, response) => sendJson(response, 200, matrix()))
  try {
    const { metrics } = await against((_, response) =>
      response.writeHead(302, { location: elsewhere.url }).end(),
    )
    await expect(metrics.counters(app, [stable], [])).rejects.toThrow('cannot ask Prometheus')
    expect(elsewhere.asked).toEqual([])
  } finally {
    await elsewhere.close()
  }
})
