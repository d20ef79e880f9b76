// The measurement of deliveries: what it sends, what it counts as lost, and which promise it finds broken.
import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { type Deliveries, deliver, type Sample } from '../../bench/webhooks/deliver.ts'
import { missed, reportOf } from '../../bench/webhooks/phase.ts'
import { watchStolen } from '../../bench/webhooks/stolen.ts'
import { type Answering, httpServer, sendJson } from '../platform/http-server.ts'

const secret = 'a-webhook-secret-of-forty-bytes-for-tests'
const signal = new AbortController().signal
let server: Awaited<ReturnType<typeof httpServer>> | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function delivered(answering: Answering, change: Partial<Deliveries> = {}) {
  server = await httpServer(answering)
  const delivery = (index: number) => ({ payload: { index }, expected: '202 accepted' })
  return deliver({ url: server.url, secret, rate: 100, seconds: 0.2, delivery, signal, ...change })
}

const accepts: Answering = (_, response) => sendJson(response, 202, { status: 'accepted' })

describe('deliveries', () => {
  test('come signed, each with an id of its own, at the rate that was asked', async () => {
    const begun = performance.now()
    const samples = await delivered(accepts)
    expect(performance.now() - begun).toBeGreaterThan(150)
    expect(samples).toHaveLength(20)
    const asked = server?.asked ?? []
    expect(asked.map(({ body }) => JSON.parse(body).index).sort((a, b) => a - b)).toEqual([
      ...Array(20).keys(),
    ])
    for (const { headers, body } of asked) {
      const hmac = createHmac('sha256', secret).update(body).digest('hex')
      expect(headers['x-hub-signature-256']).toBe(`sha256=${hmac}`)
    }
    expect(new Set(asked.map(({ headers }) => headers['x-github-delivery'])).size).toBe(20)
  })

  test('that are sent again come under the same name, and count once', async () => {
    const delivery = () => ({ id: 'the-same', event: 'ping', payload: {}, expected: '202 accepted' })
    const samples = await delivered(accepts, { delivery })
    const [first, ...rest] = server?.asked ?? []
    expect(first?.headers).toMatchObject({ 'x-github-delivery': 'the-same', 'x-github-event': 'ping' })
    for (const { headers } of rest) expect(headers['x-github-delivery']).toBe('the-same')
    expect(reportOf({ name: 'again', rate: 100, seconds: 0.2 }, samples, 0)).toMatchObject({
      sent: 20,
      accepted: 1,
    })
  })

  test('that are refused say why, and those without an answer too', async () => {
    const samples = await delivered(({ body }, response) => {
      if (JSON.parse(body).index % 2 === 0) sendJson(response, 503, { code: 'not-durable' })
      else response.destroy()
    })
    const { answers, lost } = reportOf({ name: 'bad', rate: 100, seconds: 0.2 }, samples, 0)
    expect(answers).toEqual({ '503 not-durable': 10, ECONNRESET: 10 })
    expect(lost).toBe(20)
  })

  test('end when they are told to', async () => {
    const stopped = new AbortController()
    const samples = await delivered(
      (asked, response) => {
        stopped.abort()
        accepts(asked, response)
      },
      { signal: stopped.signal, seconds: 60 },
    )
    expect(samples.length).toBeLessThan(100)
  })
})

describe('a phase', () => {
  const phase = { name: 'a storm', rate: 200, seconds: 1, within: 500 }
  const good = (took: number): Sample => ({
    id: 'one',
    took,
    answer: '202 accepted',
    expected: '202 accepted',
  })
  const many = (count: number, one: Sample) => Array.from({ length: count }, () => one)

  test('that keeps its promises has nothing to say', () => {
    const report = reportOf(phase, [...many(199, good(20)), good(9_000)], 0)
    expect(report).toMatchObject({ sent: 200, lost: 0, p50: 20, p99: 20 })
    expect(missed(report)).toEqual([])
  })

  test('that promises no time says nothing of it', () => {
    const { within: _, ...patient } = phase
    expect(missed(reportOf(patient, many(200, good(9_000)), 0))).toEqual([])
  })

  test.each([
    [
      'one is lost',
      [...many(199, good(20)), { ...good(20), answer: 'ECONNRESET' }],
      '1 of 200 were not answered',
    ],
    ['three are slow', [...many(197, good(20)), ...many(3, good(501))], 'took 501 ms'],
    ['it was not all sent', many(199, good(20)), '199 of 200 were sent'],
    ['nothing was sent', [], '0 of 200 were sent'],
  ])('says it when %s', (_, samples, says) => {
    expect(missed(reportOf(phase, samples, 0)).join()).toContain(says)
  })

  test('says with what it missed how much of the machine others took', () => {
    const slow = many(200, good(501))
    expect(missed(reportOf(phase, slow, 31)).join()).toContain('others took 31 %')
    expect(missed(reportOf(phase, slow, 1)).join()).not.toContain('others')
  })
})

test('what others took is a share of what all cores had meanwhile', () => {
  const lines = [
    'cpu  1000 0 500 8000 100 0 50 300 0 0\ncpu0 1 2 3',
    'cpu  1060 0 520 8010 100 0 60 400 7 0\ncpu0 1 2 3',
  ]
  const stolen = watchStolen(() => lines.shift() ?? '')
  // Of 200 ticks 100; those of guests stand in the first figure already.
  expect(stolen()).toBe(50)
})
