// Hooks that are asked by HTTP, on a real server: what is sent, what each answer means, where none is asked.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { NoAnswer } from '../../../domain/no-answer.ts'
import { forbidden } from '../../../platform/hooks/address.ts'
import { type HttpOptions, httpHook } from '../../../platform/hooks/http.ts'
import type { HookQuestion } from '../../../platform/platform.ts'
import { type HookFate, hooksContract } from '../../contract/hooks.ts'
import { type Answering, type Asked, httpServer, sendJson } from '../http-server.ts'
import { aQuestion } from './question.ts'

const secret = randomBytes(32)
const key = `whsec_${secret.toString('base64')}`

/** As the Standard Webhooks specification tells a receiver to check a request. */
function verified({ headers, body }: Asked, keys: readonly Buffer[], now = Date.now()): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
  if (Math.abs(now / 1000 - Number(timestamp)) > 300) return false
  return keys.some((one) => {
    const expected = createHmac('sha256', one).update(`${id}.${timestamp}.${body}`).digest()
    return String(signatures)
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice(3), 'base64'))
      .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
  })
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function receiver(answering: Answering, options: Partial<HttpOptions> = {}) {
  const server = await httpServer(answering)
  closing.push(server.close)
  const hook = httpHook({ key: () => key, loopback: true, ...options })
  const ask = (path = '/hook', signal = new AbortController().signal, change = {}) =>
    hook(`${server.url}${path}`, aQuestion({ url: `${server.url}${path}` }, change), signal)
  return { ...server, ask }
}

const answers = (status: number, body = '', headers: Record<string, string> = {}) =>
  receiver((_, response) => void response.writeHead(status, headers).end(body))

const failure = (asked: Promise<unknown>): Promise<NoAnswer> =>
  asked.then(
    (answer) => Promise.reject(new Error(`it answered ${JSON.stringify(answer)}`)),
    (error: NoAnswer) => error,
  )

hooksContract('HTTP', async () => {
  const seen: Asked[] = []
  const open = new Map<string, number>()
  const fates = new Map<string, HookFate>()
  const idOf = ({ headers }: Asked) => String(headers['webhook-id'])
  const take = (asked: Asked, response: ServerResponse) => {
    const id = idOf(asked)
    const before = seen.filter((one) => idOf(one) === id).length
    seen.push(asked)
    open.set(id, (open.get(id) ?? 0) + 1)
    response.on('close', () => open.set(id, (open.get(id) ?? 0) - 1))
    const fate = fates.get(id)
    if (fate === 'takes long') return
    if (fate === 'refuses') return sendJson(response, 403, { message: 'not\ntoday' })
    if (fate === 'answers later' && before === 0) return sendJson(response, 503, {})
    sendJson(response, 200, { message: 'go on' })
  }
  const server = await httpServer(take)
  const hook = httpHook({ key: () => key, loopback: true })
  const idOfQuestion = ({ release, gate }: HookQuestion) => `default/shop-${release.seq}/${gate.name}`
  let seq = 0
  return {
    hooks: { ask: (question, { signal }) => hook(`${server.url}/hook`, question, signal) },
    newQuestion: async (fate) => {
      seq += 1
      const release = { app: { namespace: 'default', name: 'shop' }, seq, sha: 'a'.repeat(40) }
      const question = aQuestion({ url: server.url }, { release })
      fates.set(idOfQuestion(question), fate)
      return question
    },
    // A receiver tells requests apart by their id.
    asked: async (question) => new Set(seen.map(idOf).filter((id) => id === idOfQuestion(question))).size,
    open: async (question) => open.get(idOfQuestion(question)) ?? 0,
    close: server.close,
  }
})

describe('a signed request', () => {
  it('says what is to be decided, and nothing of the environment', async () => {
    const { ask, asked } = await answers(204)
    expect(await ask()).toEqual({
      passed: true,
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 204$/),
    })
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: '/hook',
      headers: { 'content-type': 'application/json' },
    })
    const { revision, release } = aQuestion({ url: 'http://x' })
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      namespace: 'default',
      app: 'shop',
      release: 'shop-7',
      commit: release.sha,
      gate: 'before-50',
      before: 500,
      weight: 200,
      revision: revision.name,
      image: `${revision.image.repository}@${revision.image.digest}`,
      stable: 'shop-9a8b7c6-cd34',
    })
  })

  it('is signed as a receiver checks it, by each key of the file', async () => {
    const next = randomBytes(24)
    const keys = `${key}\nwhsec_${next.toString('base64')}\n`
    const { ask, asked } = await receiver((_, response) => void response.writeHead(200).end(), {
      key: () => keys,
    })
    await ask()
    const [one] = asked as [Asked]
    expect(verified(one, [secret])).toBe(true)
    expect(verified(one, [next])).toBe(true)
    expect(verified(one, [randomBytes(32)])).toBe(false)
    expect(verified({ ...one, body: one.body.replace('shop-7', 'shop-8') }, [secret])).toBe(false)
    expect(verified(one, [secret], Date.now() + 600_000)).toBe(false)
  })

  it('has the same id and the same body on each try, and a time of its own', async () => {
    let now = Date.now()
    const { ask, asked } = await receiver((_, response) => void response.writeHead(200).end(), {
      now: () => now,
    })
    await ask()
    now += 120_000
    await ask()
    const [first, second] = asked as [Asked, Asked]
    expect(first.headers['webhook-id']).toBe('default/shop-7/before-50')
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(second.body).toBe(first.body)
    expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp'])
    expect(verified(second, [secret], now)).toBe(true)
  })

  it('is not sent without a key, and says so', async () => {
    const { ask, asked } = await receiver((_, response) => void response.end(), { key: () => undefined })
    expect(await ask()).toEqual({ passed: false, message: expect.stringContaining('SLIPWAY_HOOK_KEY_FILE') })
    expect(asked).toEqual([])
  })

  it.each([
    ['nothing', ' \n', /empty/],
    ['too short a key', `whsec_${Buffer.from('short').toString('base64')}`, /no key/],
    ['what is no base64', 'whsec_not!base64!not!base64!not!base64!', /no key/],
  ])('is not sent with %s in the file, which is not repeated', async (_, text, why) => {
    const { ask, asked } = await receiver((_, response) => void response.end(), { key: () => text })
    const { message } = await failure(ask())
    expect(message).toMatch(why)
    if (text.trim()) expect(message).not.toContain(text.replace('whsec_', ''))
    expect(asked).toEqual([])
  })
})

describe('an answer', () => {
  it.each([
    [200, true],
    [201, true],
    [299, true],
    [301, false],
    [307, false],
    [400, false],
    [404, false],
    [422, false],
  ])('of %d: passed is %s', async (status, passed) => {
    const { ask } = await answers(status, 'because')
    const answer = await ask()
    expect(answer.passed).toBe(passed)
    expect(answer.message).toContain(`answered ${status}`)
    expect(answer.message).toContain('because')
  })

  it.each([500, 502, 503, 408, 429])('of %d is none', async (status) => {
    const { ask } = await answers(status, 'a page of HTML')
    const error = await failure(ask())
    expect(error).toBeInstanceOf(NoAnswer)
    expect(error.message).toMatch(new RegExp(`gave no answer: status ${status}$`))
    expect(error.after).toBeUndefined()
  })

  it.each([
    ['7', 7_000],
    ['86400', 300_000],
    [new Date(1_800_000_060_000).toUTCString(), 60_000],
    ['soon', undefined],
  ])('that asks to wait (%s) is obeyed within bounds', async (header, after) => {
    const { ask } = await receiver(
      (_, response) => void response.writeHead(429, { 'retry-after': header }).end(),
      { now: () => 1_800_000_000_000 },
    )
    expect((await failure(ask())).after).toBe(after)
  })

  it('is told by its beginning, without what drives a terminal or turns its direction', async () => {
    const { ask } = await answers(403, `no\u001b[31m\r\n\t \u202eway ${'o'.repeat(100_000)}`)
    const { message } = await ask()
    expect(message).toContain('answered 403: no way ooo')
    expect(message.length).toBeLessThan(250)
    expect(message).toMatch(/^[ -~…]+$/)
  })

  it('is read to 64 KiB, however much there is', async () => {
    let written = 0
    const { ask } = await receiver((_, response) => {
      response.writeHead(400)
      const chunk = Buffer.alloc(16 * 1024, 'y')
      const more = () => {
        if (response.destroyed) return
        written += chunk.length
        response.write(chunk, () => setImmediate(more))
      }
      more()
    })
    expect((await ask()).passed).toBe(false)
    // What the sockets hold on the way comes on top.
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  it('is its status, when its body breaks off', async () => {
    const { ask } = await receiver((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await ask()).toEqual({ passed: true, message: expect.stringContaining('answered 200: half') })
  })

  it('is awaited for a time', async () => {
    const { ask } = await receiver(() => undefined, { timeout: 100 })
    const error = await failure(ask())
    expect(error).toBeInstanceOf(NoAnswer)
    expect(error.message).toMatch(/gave no answer: nothing within 0\.1 s$/)
  })

  it('is none when nobody listens', async () => {
    const { ask, close } = await answers(200)
    await close()
    const error = await failure(ask())
    expect(error).toBeInstanceOf(NoAnswer)
    expect(error.message).toMatch(/ECONNREFUSED/)
  })

  it('never tells the key, the path or the query', async () => {
    const messages: string[] = []
    for (const status of [200, 302, 403, 500]) {
      const { ask } = await answers(status, 'words')
      const told = await ask('/services/T123?token=hidden').catch((error: Error) => error)
      messages.push(told.message)
    }
    expect(messages.join('\n')).not.toMatch(/T123|hidden|whsec|v1,/)
    expect(messages.join('\n')).not.toContain(secret.toString('base64').slice(0, 10))
  })
})

describe('an address', () => {
  const askAt = async (url: string, found: readonly string[]) => {
    const hook = httpHook({
      key: () => key,
      loopback: false,
      timeout: 200,
      lookup: async () => found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    })
    return hook(url, aQuestion({ url }), new AbortController().signal)
  }

  it.each([
    ['link-local, where clouds keep credentials', '169.254.169.254'],
    ['the same as IPv6', '::ffff:169.254.169.254'],
    ['the same through a translator', '64:ff9b::a9fe:a9fe'],
    ['link-local in IPv6', 'fe80::1'],
    ['a cloud’s own', '100.100.100.200'],
    ['a group of machines', '224.0.0.1'],
    ['this machine', '127.0.0.1'],
    ['this machine in another notation', '127.8.9.10'],
    ['this machine in IPv6', '::1'],
    ['this machine as IPv6', '::ffff:127.0.0.1'],
    ['the unspecified one', '0.0.0.0'],
  ])('is refused: %s', async (_, address) => {
    const answer = await askAt('http://hooks.example/', [address])
    expect(answer).toEqual({
      passed: false,
      message: expect.stringMatching(/^hooks\.example was not asked: /),
    })
    // One good address among them changes nothing.
    expect((await askAt('http://hooks.example/', ['10.96.0.20', address])).passed).toBe(false)
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://127.1/',
    'http://localhost:1/',
  ])('is refused however it is written: %s', async (url) => {
    const hook = httpHook({ key: () => key, loopback: false, timeout: 2000 })
    const answer = await hook(url, aQuestion({ url }), new AbortController().signal)
    expect(answer).toEqual({ passed: false, message: expect.stringContaining('was not asked') })
  })

  it.each(['10.96.0.20', '172.16.3.4', '192.168.1.2', 'fd00::20', '203.0.113.7'])(
    'of the cluster, or of anybody else, may be asked: %s',
    (address) => {
      expect(
        forbidden({ address, family: address.includes(':') ? 6 : 4 }, { loopback: false }),
      ).toBeUndefined()
    },
  )

  it('that was looked at is the one that is asked, whatever the name says a moment later', async () => {
    const { url, asked } = await answers(200)
    const port = new URL(url).port
    let asks = 0
    const hook = httpHook({
      key: () => key,
      loopback: true,
      lookup: async () => {
        asks += 1
        return [{ address: asks === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]
      },
    })
    const address = `http://hooks.example:${port}/`
    expect(await hook(address, aQuestion({ url: address }), new AbortController().signal)).toMatchObject({
      passed: true,
    })
    expect(asks).toBe(1)
    expect(asked[0]?.headers.host).toBe(`hooks.example:${port}`)
  })

  it('that another redirects to is not asked', async () => {
    const inner = await answers(200, 'secret')
    const outer = await answers(302, '', { location: `${inner.url}/` })
    const answer = await outer.ask()
    expect(answer).toEqual({ passed: false, message: expect.stringContaining('redirects are not followed') })
    expect(inner.asked).toEqual([])
  })
})
