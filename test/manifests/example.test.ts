// The example App, run as it is run in its image.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parseManifest } from '../../domain/manifest.ts'

const folder = join(import.meta.dirname, '../../manifests/example')
let running: ChildProcess | undefined
afterEach(() => void running?.kill('SIGKILL'))

async function start(env: Record<string, string>): Promise<{ process: ChildProcess; url: string }> {
  const port = await freePort()
  running = spawn(process.execPath, [join(folder, 'server.mjs')], { env: { ...env, PORT: String(port) } })
  const [line] = await once(running.stdout as NodeJS.ReadableStream, 'data')
  expect(String(line)).toContain('listens on')
  return { process: running, url: `http://127.0.0.1:${port}` }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

describe('the example', () => {
  it('has a slipway.yaml that is right, and short enough to be watched', () => {
    const spec = parseManifest(readFileSync(join(folder, 'slipway.yaml'), 'utf8'), {
      namespace: 'default',
      name: 'shop',
    })
    expect(spec.run.env).toEqual({ VERSION: '1', FAILURE_RATE: '0', DELAY_MS: '0' })
    expect(spec.release.steps).toBe('auto')
    expect(spec.release.analysis.deadline + spec.release.bake).toBeLessThanOrEqual(70_000)
  })

  it('says its version on every answer', async () => {
    const { url } = await start({ VERSION: '7' })
    for (const path of ['/', '/healthz']) {
      const answer = await fetch(url + path)
      expect([answer.status, answer.headers.get('x-version')]).toEqual([200, '7'])
    }
  })

  it('fails the share of requests that it is told to, and stays healthy', async () => {
    const { url } = await start({ VERSION: '3', FAILURE_RATE: '0.2' })
    const statuses: number[] = []
    for (let i = 0; i < 50; i += 1) statuses.push((await fetch(url)).status)
    expect(statuses.filter((status) => status === 500)).toHaveLength(10)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  it('answers what is under way before it ends', async () => {
    const { process: server, url } = await start({ DELAY_MS: '400' })
    const answer = fetch(url)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const exit = once(server, 'exit')
    server.kill('SIGTERM')
    expect((await answer).status).toBe(200)
    expect(await exit).toEqual([0, null])
    await expect(fetch(url)).rejects.toThrow()
  })

  it('is not held by a connection that carries nothing', async () => {
    const { process: server, url } = await start({})
    const idle = connect(Number(new URL(url).port), '127.0.0.1')
    await once(idle, 'connect')
    const exit = once(server, 'exit')
    server.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    idle.destroy()
  })

  it('refuses to start with nonsense', async () => {
    running = spawn(process.execPath, [join(folder, 'server.mjs')], {
      env: { FAILURE_RATE: '20%' },
      stdio: 'ignore',
    })
    expect(await once(running, 'exit')).toEqual([1, null])
  })
})
