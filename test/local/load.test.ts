// The load generator against a real server: its rate does not depend on the answers, and every failure is seen.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { failed, firstOf, type Sample, startLoad, tally } from '../../local/load.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const bounded = { requests: 20, time: 5_000 }
const until = async (load: { samples: readonly Sample[] }, count: number) => {
  for (const end = Date.now() + 5_000; load.samples.length < count && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('the load', () => {
  it('ends by itself after the requests it was allowed, each one recorded with its version', async () => {
    let hosts = new Set<string | undefined>()
    const url = await serve((request, response) => {
      hosts = hosts.add(request.headers.host)
      response.setHeader('x-version', '7').end('hello')
    })
    const load = startLoad({ url, host: 'shop.example.com', rate: 500, atMost: bounded })
    await until(load, 20)
    await load.stop()
    expect(load.samples).toHaveLength(20)
    expect(load.samples.every(({ status, version }) => status === 200 && version === '7')).toBe(true)
    expect([...hosts]).toEqual(['shop.example.com'])
  })

  it('goes on while answers are withheld', async () => {
    const held: (() => void)[] = []
    const url = await serve((_request, response) => held.push(() => response.end()))
    const load = startLoad({ url, host: 'a', rate: 500, atMost: bounded })
    for (const end = Date.now() + 5_000; held.length < 20 && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(held).toHaveLength(20)
    expect(load.samples).toHaveLength(0)
    for (const answer of held) answer()
    await load.stop()
    expect(load.samples).toHaveLength(20)
  })

  it('counts a connection that is cut and a server that is gone as failures', async () => {
    const url = await serve((request) => void request.socket.destroy())
    const load = startLoad({ url, host: 'a', rate: 500, atMost: bounded })
    await until(load, 20)
    await load.stop()
    expect(load.samples.every(failed)).toBe(true)
    expect(Object.keys(tally(load.samples).failures)).toEqual(['ECONNRESET'])
  })
})

describe('a tally', () => {
  const sample = (at: number, status: number | string, version: string, took = 10): Sample => ({
    at,
    took,
    status,
    version,
  })
  const samples = [
    sample(1, 200, 'v1', 5),
    sample(2, 404, 'v1'),
    sample(3, 503, ''),
    sample(4, 500, 'v2'),
    sample(5, 200, 'v2', 90),
  ]

  it('counts failures by what they were and by version; a 4xx is an answer', () => {
    expect(tally(samples)).toMatchObject({
      requests: 5,
      failed: 2,
      failures: { 500: 1, 503: 1 },
      versions: {
        v1: { requests: 2, failed: 0 },
        none: { requests: 1, failed: 1 },
        v2: { requests: 2, failed: 1 },
      },
      latency: { p50: 10, max: 90 },
    })
  })

  it('is of a stretch of time', () => expect(tally(samples, 2, 4)).toMatchObject({ requests: 2, failed: 1 }))

  it('of nothing is nothing', () =>
    expect(tally([])).toMatchObject({ requests: 0, failed: 0, latency: { p50: 0, max: 0 } }))

  it('knows when a version first answered', () => {
    expect(firstOf(samples, 'v2', 0)).toBe(4)
    expect(firstOf(samples, 'v2', 5)).toBe(5)
    expect(firstOf(samples, 'v3', 0)).toBeUndefined()
  })
})
