// The process is alive as long as it answers; it is ready only while it polls and Temporal answers it.
import type { NativeConnection, Worker } from '@temporalio/worker'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Health, serveHealth } from '../../worker/health.ts'
import { jsonLog } from '../../worker/log.ts'
import { freePort } from '../support/free-port.ts'

const log = jsonLog('test')
log.level = 'silent'
const polling = {
  runState: 'RUNNING',
  workflowPollerState: 'POLLING',
  activityPollerState: 'POLLING',
  numInFlightActivities: 3,
}

let status: typeof polling
let temporal: { answers: boolean; asked: number; deadlines: number[] }
let url: string
let port: number
let health: Health

beforeEach(async () => {
  // The sockets' own timers stay real.
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  status = { ...polling }
  temporal = { answers: true, asked: 0, deadlines: [] }
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  health = await serveHealth([{ host: '127.0.0.1', port }], log)
})
afterEach(async () => {
  await health.close()
  vi.useRealTimers()
})

test('lives at once, but is not ready before its worker is', async () => {
  expect(await get('/healthz')).toEqual([200, 'alive\n'])
  expect(await get('/readyz')).toEqual([503, 'the worker has not started; Temporal does not answer\n'])
})

test('is ready when it polls and Temporal answers', async () => {
  await watch()
  expect(await get('/readyz')).toEqual([200, 'ready\n'])
})

test.each([
  [{ workflowPollerState: 'SHUTDOWN' }, 'workflows: SHUTDOWN\n'],
  [{ activityPollerState: 'FAILED' }, 'activities: FAILED\n'],
  [{ runState: 'DRAINING' }, 'the worker is DRAINING\n'],
])('is not ready with %o, but lives', async (change, says) => {
  await watch()
  Object.assign(status, change)
  expect(await get('/readyz')).toEqual([503, says])
  expect(await get('/healthz')).toEqual([200, 'alive\n'])
})

test('is not ready once Temporal was silent for 15 seconds, and is again when it answers', async () => {
  await watch()
  temporal.answers = false
  await vi.advanceTimersByTimeAsync(14_000)
  expect(await get('/readyz')).toEqual([200, 'ready\n'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await get('/readyz')).toEqual([503, 'Temporal does not answer\n'])
  temporal.answers = true
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await get('/readyz')).toEqual([200, 'ready\n'])
})

test('asks Temporal every five seconds, and never waits for long', async () => {
  const from = Date.now()
  await watch()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(temporal.deadlines.map((deadline) => deadline - from)).toEqual(
    [2, 7, 12, 17, 22].map((s) => s * 1_000),
  )
})

test('tells Prometheus what runs', async () => {
  await watch()
  const [code, text] = await get('/metrics')
  expect(code).toBe(200)
  expect(text).toMatch(/^slipway_worker_activities 3$/m)
})

test('other paths say which there are', async () => {
  expect(await get('/')).toEqual([404, 'there is /healthz, /readyz and /metrics\n'])
})

test('a stopped one answers nobody and asks nobody', async () => {
  await watch()
  await health.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(temporal.asked).toBe(1)
  await expect(get('/healthz')).rejects.toThrow('fetch failed')
})

test('an address that is taken is said at once', async () => {
  await expect(serveHealth([{ host: '127.0.0.1', port }], log)).rejects.toThrow(/EADDRINUSE.*127\.0\.0\.1/)
})

async function watch(): Promise<void> {
  const worker = { getStatus: () => status } as Worker
  const connection = {
    workflowService: {
      async getSystemInfo() {
        temporal.asked += 1
        if (!temporal.answers) throw new Error('unavailable')
      },
    },
    withDeadline(deadline: number, work: () => Promise<unknown>) {
      temporal.deadlines.push(deadline)
      return work()
    },
  } as unknown as NativeConnection
  health.watch(worker, connection)
  await vi.advanceTimersByTimeAsync(0)
}

async function get(path: string): Promise<[number, string]> {
  const answer = await fetch(`${url}${path}`, { headers: { connection: 'close' } })
  return [answer.status, await answer.text()]
}
