// A release's events: what is sent when, who is let in and put out, and how many at once.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Listening, listen } from '../../api/listen.ts'
import { type LiveOptions, liveAnswers, type Version } from '../../api/live.ts'
import { prometheusMetrics } from '../../api/metrics.ts'
import { Problem } from '../../api/problem.ts'
import { server } from '../../api/server.ts'
import { type Sent, sentEvents } from '../../dashboard/server-sent.ts'
import { silent } from './support.ts'

let current: Version | undefined
let admit: () => Promise<void>
beforeEach(() => {
  current = { version: '1', body: () => ({ weight: 0 }), final: false }
  admit = async () => undefined
})
const subject = { current: () => current, admit: () => admit() }
const fast = { every: 5, beat: 40, admitEvery: 30 }

const opened = (options: LiveOptions = {}) => liveAnswers({ ...fast, ...options })('ana', subject)

/** Events one after the other, as the page reads them. */
function events(answer: Response) {
  const sent = sentEvents(answer.body as ReadableStream<Uint8Array>)
  return {
    next: async (): Promise<Sent | undefined> => (await sent.next()).value ?? undefined,
    leave: () => sent.return(undefined),
  }
}
const release = (body: object): Sent => ({ event: 'release', data: JSON.stringify(body) })

describe('what is sent', () => {
  test('is what there is, then each change, until there will be none', async () => {
    const answer = opened()
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const { next } = events(answer)
    expect(await next()).toEqual(release({ weight: 0 }))
    current = { version: '2', body: () => ({ weight: 5 }), final: false }
    expect(await next()).toEqual(release({ weight: 5 }))
    current = { version: '3', body: () => ({ outcome: 'promoted' }), final: true }
    expect(await next()).toEqual(release({ outcome: 'promoted' }))
    expect(await next()).toBeUndefined()
  })

  test('is the newest alone for whoever is slow', async () => {
    const { next } = events(opened())
    await next()
    for (let version = 2; version <= 40; version += 1) {
      current = { version: `${version}`, body: () => ({ weight: version }), final: false }
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    // One was waiting to be read; the next look finds the last.
    await next()
    expect(await next()).toEqual(release({ weight: 40 }))
  })

  test('is a sign of life while nothing changes', async () => {
    const reader = (opened().body as ReadableStream<Uint8Array>).getReader()
    const text = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await text()).toContain('event: release')
    expect(await text()).toBe(': still here\n\n')
    await reader.cancel()
  })

  test('ends when it is deleted', async () => {
    const { next } = events(opened())
    await next()
    current = undefined
    expect(await next()).toEqual({ event: 'gone', data: '{}' })
    expect(await next()).toBeUndefined()
  })
})

describe('a visitor', () => {
  test.each([
    [401, 'token-required'],
    [403, 'forbidden'],
    [503, 'cluster-away'],
  ])('who is answered %i later on is put out', async (status, code) => {
    const { next } = events(opened())
    await next()
    admit = async () => {
      throw new Problem(status, code, 'not any more')
    }
    const sent = await next()
    expect(sent?.event).toBe('refused')
    expect(JSON.parse(sent?.data ?? '')).toEqual({ status, detail: 'not any more' })
    expect(await next()).toBeUndefined()
  })

  test('is asked for again as often as is said, and no more often', async () => {
    let now = 0
    const asked = vi.fn(async () => undefined)
    admit = asked
    const { next, leave } = events(opened({ now: () => now, admitEvery: 30_000, beat: 1_000 }))
    await next()
    now = 29_999
    current = { version: '2', body: () => ({}), final: false }
    await next()
    expect(asked).not.toHaveBeenCalled()
    now = 30_000
    current = { version: '3', body: () => ({}), final: false }
    await next()
    expect(asked).toHaveBeenCalledTimes(1)
    await leave()
  })
})

describe('how many', () => {
  const atMost = { all: 3, eachVisitor: 2 }
  const refusal = expect.objectContaining({ status: 429, code: 'too-many-streams' })

  test('one visitor cannot take the places of all', () => {
    const live = liveAnswers({ ...fast, atMost })
    live('ana', subject)
    live('ana', subject)
    expect(() => live('ana', subject)).toThrow(refusal)
    live('bo', subject)
    expect(() => live('bo', subject)).toThrow(refusal)
  })

  test('a place is free again when its visitor left, or all was said', async () => {
    const live = liveAnswers({ ...fast, atMost: { all: 1, eachVisitor: 1 } })
    for (let round = 0; round < 3; round += 1) {
      const { next, leave } = events(live('ana', subject))
      await next()
      await leave()
    }
    current = { version: '2', body: () => ({}), final: true }
    for (let round = 0; round < 3; round += 1) {
      const { next } = events(live('ana', subject))
      while (await next());
    }
  })

  test('a place is free again when something breaks', async () => {
    const live = liveAnswers({ ...fast, atMost: { all: 1, eachVisitor: 1 } })
    const broken = {
      ...subject,
      current: () => {
        throw new Error('broken')
      },
    }
    for (let round = 0; round < 2; round += 1) {
      await expect(events(live('ana', broken)).next()).rejects.toThrow('broken')
    }
  })
})

describe('over a connection', () => {
  let listening: Listening | undefined
  afterEach(() => listening?.drain(100))

  async function listeningWith(options: LiveOptions): Promise<string> {
    const live = liveAnswers({ ...fast, ...options })
    const answer = async () => live('ana', subject)
    const routes = [{ methods: ['GET'], path: '/events', access: 'kubernetes-token', answer }] as const
    const app = server({ routes, metrics: prometheusMetrics(), log: silent })
    listening = await listen(app.fetch, [{ host: '127.0.0.1', port: 0 }])
    return `http://127.0.0.1:${listening.addresses[0]?.port}/events`
  }

  test('a visitor who closes the page leaves at once', async () => {
    const url = await listeningWith({ atMost: { all: 1, eachVisitor: 1 } })
    const left = new AbortController()
    const { body } = await fetch(url, { signal: left.signal })
    await body?.getReader().read()
    expect((await fetch(url)).status).toBe(429)
    left.abort()
    await vi.waitFor(async () => {
      const answer = await fetch(url)
      await answer.body?.cancel()
      expect(answer.status).toBe(200)
    })
  })

  test('an API that stops waits for nobody', async () => {
    const closing = new AbortController()
    const { body } = await fetch(await listeningWith({ closing: closing.signal }))
    const { next } = events(new Response(body))
    await next()
    closing.abort()
    const started = Date.now()
    await listening?.drain(10_000)
    listening = undefined
    expect(Date.now() - started).toBeLessThan(5_000)
    expect(await next()).toBeUndefined()
  })
})
