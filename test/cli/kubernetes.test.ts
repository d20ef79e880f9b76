// The adapter against an API server of the test's own: real HTTP, real watches that are cut, real refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import { connect } from '../../cli/kubernetes.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void
const releases = '/apis/slipway.dev/v1beta1/namespaces/default/releases'

let answer: Answer
let server: Server
let folder: string
let kubeconfig: string

beforeEach(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer(request, response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  kubeconfig = join(folder, 'config')
  const { port } = server.address() as AddressInfo
  writeFileSync(kubeconfig, config(`http://127.0.0.1:${port}`))
})
afterEach(() => {
  server.close().closeAllConnections()
  rmSync(folder, { recursive: true })
})

const config = (address: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'ana', user: { token: 't' } }],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'ana' } },
      { name: 'two', context: { cluster: 'c', user: 'ana', namespace: 'web' } },
    ],
  })

const cluster = (context?: string) => connect({ files: [kubeconfig], ...(context && { context }) }, undefined)
const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const refusal = (code: number, message: string) => ({ kind: 'Status', status: 'Failure', code, message })
const aRelease = (version: string, phase: string) => ({
  metadata: { namespace: 'default', name: 'shop-7', resourceVersion: version },
  spec: { app: 'shop', seq: 7, sha: '3f2c1d0' },
  status: { phase, weight: 50, message: 'a\u001b[2Jb \u0007\nc', transitions: [], startedAt: 1 },
})

describe('what is refused', () => {
  it.each([
    [403, 'apps is forbidden: User "ben" cannot list', exitCodes.denied, /cannot list/],
    [401, 'Unauthorized', exitCodes.denied, /Unauthorized/],
    [500, 'etcd is away', exitCodes.error, /etcd is away \(HTTP 500\)/],
  ])('HTTP %i %s ends with code %i', async (status, message, code, said) => {
    answer = (_request, response) => json(response, status, refusal(status, message))
    await expect(cluster().apps()).rejects.toMatchObject({ code, message: expect.stringMatching(said) })
  })

  it('a cluster without Slipway is told from an object that is not there', async () => {
    answer = (_request, response) => response.writeHead(404).end('404 page not found\n')
    const error = await cluster()
      .apps()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: exitCodes.notFound,
      advice: expect.stringContaining('not installed'),
    })
    answer = (_request, response) => json(response, 404, refusal(404, 'releases "x" not found'))
    await expect(cluster().release('x')).resolves.toBeUndefined()
  })

  it('a server that is away ends with code 1 and its address', async () => {
    const at = cluster()
    server.close().closeAllConnections()
    await expect(at.apps()).rejects.toMatchObject({
      code: exitCodes.error,
      message: expect.stringContaining(at.server),
    })
  })

  it('a context that is not in the file is refused with those that are', () => {
    expect(() => cluster('three')).toThrow('no context "three"')
    expect(cluster('two').namespace).toBe('web')
  })
})

describe('a Command', () => {
  it('is created once, in the name of the caller, and its answer is read', async () => {
    const created: unknown[] = []
    answer = (request, response, body) => {
      if (request.url?.includes('selfsubjectreviews'))
        return json(response, 201, { status: { userInfo: { username: 'ana' } } })
      if (request.method === 'POST') {
        created.push(JSON.parse(body))
        return json(response, 201, { metadata: { name: 'shop-7-abort-x' } })
      }
      return json(response, 200, { metadata: {}, status: { state: 'refused', message: 'too late' } })
    }
    const at = cluster()
    const by = await at.whoAmI()
    const name = await at.command({ release: 'shop-7', verb: 'abort', reason: 'wrong price', by })
    expect(created).toEqual([
      {
        apiVersion: 'slipway.dev/v1beta1',
        kind: 'Command',
        metadata: { generateName: 'shop-7-abort-' },
        spec: { release: 'shop-7', verb: 'abort', reason: 'wrong price', by: 'ana' },
      },
    ])
    expect(await at.answer(name)).toEqual({ accepted: false, message: 'too late' })
  })
})

describe('following a release', () => {
  it('goes on when its connection is cut, tells each change once, and strips what drives a terminal', async () => {
    let watches = 0
    answer = (request, response) => {
      if (!request.url?.includes('watch=true')) return json(response, 200, aRelease('1', 'building'))
      watches += 1
      response.writeHead(200, { 'content-type': 'application/json' })
      const tell = (object: object) => response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`)
      tell(aRelease('1', 'building'))
      if (watches === 1) return setTimeout(() => response.destroy(), 20)
      return tell(aRelease('2', 'done'))
    }
    const seen: string[] = []
    for await (const { phase, message } of cluster().follow('shop-7', AbortSignal.timeout(10_000))) {
      seen.push(phase)
      expect(message).toBe('ab \nc')
      if (phase === 'done') break
    }
    expect(seen).toEqual(['building', 'done'])
    expect(watches).toBe(2)
  })

  it('ends when the release is deleted', async () => {
    let there = true
    answer = (request, response) => {
      if (!request.url?.startsWith(`${releases}?`))
        return there
          ? json(response, 200, aRelease('1', 'building'))
          : json(response, 404, refusal(404, 'not found'))
      there = false
      const told = JSON.stringify({ type: 'DELETED', object: aRelease('1', 'building') })
      return response.writeHead(200).write(`${told}\n`)
    }
    const seen: string[] = []
    for await (const { phase } of cluster().follow('shop-7', AbortSignal.timeout(10_000))) seen.push(phase)
    expect(there).toBe(false)
    expect(seen).toEqual(['building'])
  })

  it('ends at the deadline', async () => {
    answer = (request, response) =>
      request.url?.includes('watch=true')
        ? response.writeHead(200).flushHeaders()
        : json(response, 200, aRelease('1', 'building'))
    const seen: string[] = []
    for await (const { phase } of cluster().follow('shop-7', AbortSignal.timeout(100))) seen.push(phase)
    expect(seen).toEqual(['building'])
  })

  it('tells what is there already though the watch is refused, and asks it only for what comes after', async () => {
    const asked: string[] = []
    answer = (request, response) => {
      if (!request.url?.includes('watch=true')) return json(response, 200, aRelease('7', 'done'))
      asked.push(new URL(request.url, 'http://server').searchParams.get('resourceVersion') ?? 'the present')
      const status = { ...refusal(504, 'Too large resource version: 7, current: 6'), reason: 'Timeout' }
      return response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
    }
    const seen: string[] = []
    for await (const { phase } of cluster().follow('shop-7', AbortSignal.timeout(1_000))) seen.push(phase)
    expect(seen).toEqual(['done'])
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked)).toEqual(new Set(['7']))
  })
})

describe('a build', () => {
  it('is found by what it builds, and its log comes whole and harmless', async () => {
    let asked = ''
    answer = (request, response) => {
      if (request.url?.includes('/log')) return response.writeHead(200).end('#1 \u001b[31mload\u001b[0m ✓\n')
      asked = decodeURIComponent(request.url ?? '')
      const pod = {
        metadata: { name: 'b1', namespace: 'slipway-builds' },
        spec: { containers: [{ name: 'build' }] },
      }
      return json(response, 200, { items: [pod] })
    }
    const at = cluster()
    const release = { release: { app: { namespace: 'default', name: 'shop' }, seq: 7, sha: '3f2c1d0' } }
    const [pod] = await at.builds(release as never)
    expect(asked).toContain('slipway.dev/namespace=default,slipway.dev/app=shop,slipway.dev/commit=3f2c1d0')
    let text = ''
    const write = (part: string) => {
      text += part
    }
    if (pod) await at.buildLog(pod, write, { follow: false, signal: AbortSignal.timeout(5_000) })
    expect(text).toBe('#1 load ✓\n')
  })
})
