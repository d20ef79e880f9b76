// Following a release through whatever breaks off: what is tried again, what is told to a person, and when it is over.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type FollowOptions, follow, type Line } from '../../dashboard/follow.ts'
import type { Told } from '../../dashboard/release.ts'
import { sentEvents } from '../../dashboard/server-sent.ts'

afterEach(() => vi.unstubAllGlobals())

const release = (status: object) => `event: release\ndata: ${JSON.stringify({ name: 'shop-7', status })}\n\n`
const over = () => new Response(release({ outcome: 'promoted' }))
const problem = (status: number, detail: string) => new Response(JSON.stringify({ detail }), { status })
const patience = { first: 4, longest: 20, silence: 60 }

/** Follows with an API that answers like this, one after the other, and then no more. */
async function followed(...answers: (() => Response | Promise<Response>)[]) {
  const left = new AbortController()
  const lines: Line[] = []
  const seen: Told[] = []
  const fetched = vi.fn(async (_address: string, init: RequestInit): Promise<Response> => {
    const answer = answers.shift()
    if (!answer) left.abort()
    init.signal?.throwIfAborted()
    return (answer ?? over)()
  })
  vi.stubGlobal('fetch', fetched)
  const options: FollowOptions = {
    namespace: 'default',
    name: 'shop-7',
    token: 'a-token',
    signal: left.signal,
    onRelease: (told) => seen.push(told),
    onLine: (line) => lines.push(line),
    patience,
  }
  await follow(options)
  return { lines: lines.map((one) => one.kind), last: lines.at(-1), seen, fetched }
}

describe('a release', () => {
  test('is followed to its outcome, with the token in a header and nowhere else', async () => {
    const body = `${release({ weight: 5 })}: still here\n\n${release({ outcome: 'promoted' })}`
    const { lines, seen, fetched } = await followed(() => new Response(body))
    expect(lines).toEqual(['live', 'over'])
    expect(seen.map(({ status }) => status)).toEqual([{ weight: 5 }, { outcome: 'promoted' }])
    const [[address, init] = []] = fetched.mock.calls
    expect(address).toBe('/api/releases/shop-7/events?namespace=default')
    expect(init).toMatchObject({ headers: { authorization: 'Bearer a-token' }, redirect: 'error' })
  })

  test.each([
    ['a connection that broke off', () => new Response(release({ weight: 5 }))],
    ['no answer', () => Promise.reject(new Error('refused'))],
    ['503', () => problem(503, 'the cluster is away')],
    ['429', () => problem(429, 'too many pages are open')],
    ['a proxy’s page', () => new Response('<html>', { status: 502 })],
    ['a word that is no JSON', () => new Response('event: release\ndata: {\n\n')],
    [
      'the cluster away in the middle',
      () => new Response('event: refused\ndata: {"status":503,"detail":"away"}\n\n'),
    ],
  ])('is asked for again after %s', async (_, answer) => {
    const { lines, fetched } = await followed(answer, over)
    expect(lines.slice(-2)).toEqual(['pausing', 'over'])
    expect(fetched).toHaveBeenCalledTimes(2)
  })

  test('is asked for again when nothing is heard any more', async () => {
    const silent = (signal?: AbortSignal | null) =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            signal?.addEventListener('abort', () => controller.error(new Error('aborted'))),
        }),
      )
    const answers = [silent, over]
    const lines: string[] = []
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => answers.shift()?.(init.signal))
    await follow({
      namespace: 'default',
      name: 'shop-7',
      token: 'a-token',
      signal: new AbortController().signal,
      onRelease: () => undefined,
      onLine: ({ kind }) => lines.push(kind),
      patience,
    })
    expect(lines).toEqual(['pausing', 'over'])
  })

  test.each([
    [401, () => problem(401, 'bring a token')],
    [403, () => problem(403, 'you may not')],
    [404, () => problem(404, 'there is no such release')],
    [403, () => new Response('event: refused\ndata: {"status":403,"detail":"not any more"}\n\n')],
    [404, () => new Response('event: gone\ndata: {}\n\n')],
  ])('is not asked for again after %i', async (status, answer) => {
    const { last, fetched } = await followed(answer, over)
    expect(last).toMatchObject({ kind: 'refused', refusal: { status } })
    expect(fetched).toHaveBeenCalledTimes(1)
  })

  test('is left when the visitor leaves', async () => {
    const { lines, fetched } = await followed(() => problem(503, 'away'))
    expect(lines).toEqual(['pausing'])
    expect(fetched).toHaveBeenCalledTimes(2)
  })
})

describe('events', () => {
  test('are read however they are cut', async () => {
    const text = ': hello\n\nevent: release\ndata: {"title":"ä"}\n\ndata: one\ndata: two\n\nevent: none\n\n'
    const bytes = new TextEncoder().encode(text)
    for (let size = 1; size < bytes.length; size += 1) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
          controller.close()
        },
      })
      const events = []
      for await (const one of sentEvents(body)) events.push(one)
      expect(events).toEqual([
        { event: 'release', data: '{"title":"ä"}' },
        { event: 'message', data: 'one\ntwo' },
      ])
    }
  })
})
