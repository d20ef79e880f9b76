// A sink that is sent events by HTTP, on a real server: what arrives, how it is signed, and what each answer means.
import { createHmac, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { NoAnswer } from '../../../domain/no-answer.ts'
import { type HttpSinkOptions, httpSink, sender } from '../../../platform/events/http.ts'
import { eventsOf } from '../../../platform/events/transition.ts'
import type { CloudEvent } from '../../../platform/platform.ts'
import { sinkContract } from '../../contract/sink.ts'
import { type Answering, httpServer } from '../http-server.ts'
import { promoted } from './release.ts'

const [event] = eventsOf(promoted) as readonly [CloudEvent]
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function sinkThat(answering: Answering, options: Partial<HttpSinkOptions> = {}) {
  const server = await httpServer(answering)
  closing.push(server.close)
  return { ...server, ...sender({ url: `${server.url}/events`, loopback: true, ...options }) }
}
const sinkOf = (
  status: number,
  headers: Record<string, string> = {},
  options: Partial<HttpSinkOptions> = {},
) => sinkThat((_, response) => void response.writeHead(status, headers).end(), options)

const failure = (sent: Promise<void>): Promise<NoAnswer> =>
  sent.then(
    () => Promise.reject(new Error('it was taken')),
    (error: NoAnswer) => error,
  )

sinkContract('HTTP', async () => {
  const answers: number[] = []
  // A receiver tells events apart by source and id.
  const taken = new Map<string, CloudEvent>()
  const server = await httpServer(({ body }, response) => {
    const status = answers.shift() ?? 202
    const sent = JSON.parse(body) as CloudEvent
    const key = `${sent.source}#${sent.id}`
    if (status === 202 && !taken.has(key)) taken.set(key, sent)
    response.writeHead(status).end()
  })
  return {
    sink: httpSink({ url: server.url, loopback: true }),
    next: (answer) => void answers.push({ takes: 202, away: 503, refuses: 422 }[answer]),
    taken: () => [...taken.values()],
    close: server.close,
  }
})

describe('an event', () => {
  it('arrives as structured JSON, as it is', async () => {
    const { send, asked } = await sinkOf(202)
    await send(event)
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/events',
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', 'user-agent': 'slipway' },
      },
    ])
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual(event)
    expect(asked[0]?.headers).not.toHaveProperty('webhook-signature')
  })

  it('is signed by Standard Webhooks, with the same id each time', async () => {
    const secret = randomBytes(32)
    const key = () => `whsec_${secret.toString('base64')}\n`
    const { send, asked } = await sinkOf(202, {}, { key })
    await send(event)
    await send(event)
    const [first, second] = asked
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = first?.headers ?? {}
    const expected = createHmac('sha256', secret).update(`${id}.${at}.${first?.body}`).digest('base64')
    expect(signature).toBe(`v1,${expected}`)
    expect(id).toBe('/slipway/default/shop#shop-7/3f2c1d0/0')
    expect(second?.headers['webhook-id']).toBe(id)
  })

  it('carries the extensions, which change nothing of its own', async () => {
    const { send, asked } = await sinkOf(200, {}, { extensions: { team: 'shop', id: 'mine' } })
    await send(event)
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ ...event, team: 'shop' })
  })
})

describe('an answer', () => {
  it.each([301, 308, 401, 403, 404, 408, 429, 500, 503])('%i: another try may do', async (status) => {
    const { send } = await sinkOf(status, { location: 'http://169.254.169.254/' })
    const error = await failure(send(event))
    expect(error).toBeInstanceOf(NoAnswer)
    expect(error.message).toContain(`status ${status}`)
  })

  it.each([400, 413, 415, 422])('%i: it never will be taken', async (status) => {
    const { send } = await sinkOf(status)
    await expect(send(event)).rejects.toMatchObject({ name: 'PermanentFailure', reason: 'Invalid' })
  })

  it('says after what time to ask again', async () => {
    const { send } = await sinkOf(429, { 'retry-after': '7' })
    expect((await failure(send(event))).after).toBe(7000)
  })

  it('that does not come is waited for no longer than the time', async () => {
    const { send } = await sinkThat(() => undefined, { timeout: 100 })
    expect((await failure(send(event))).message).toMatch(/gave no answer: nothing within 0.1 s/)
  })

  it('is not read: a long one costs nothing', async () => {
    const { send } = await sinkThat((_, response) => {
      response.writeHead(200)
      response.write('x'.repeat(1024))
    })
    await send(event)
  })
})

it('says which event was refused for good, and goes on behind it', async () => {
  const server = await httpServer(({ body }, response) => {
    const { type } = JSON.parse(body) as CloudEvent
    response.writeHead(type.includes('deployed') ? 413 : 202).end()
  })
  closing.push(server.close)
  const refused: string[] = []
  const sink = httpSink({
    url: server.url,
    loopback: true,
    onRefused: (why, { id }) => void refused.push(`${id}: ${why}`),
  })
  expect(await sink.tell(promoted, 0)).toBe(promoted.transitions.length)
  expect(refused).toEqual([expect.stringMatching(/^shop-7\/3f2c1d0\/3\/service: .* status 413$/)])
  expect(server.asked).toHaveLength(eventsOf(promoted).length)
})

it.each(['127.0.0.1', '169.254.169.254', '::1'])(
  'nothing is sent where a name leads to %s',
  async (address) => {
    const { send, asked } = await sinkOf(
      200,
      {},
      {
        loopback: false,
        lookup: async () => [{ address, family: address.includes(':') ? 6 : 4 }],
      },
    )
    expect((await failure(send(event))).message).toMatch(/was not asked: /)
    expect(asked).toEqual([])
  },
)
