// What the metrics driver makes of a gateway in trouble, as a Prometheus of its own tells it. The gateway's page is the test's to write.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Reading } from '../../../domain/judge/judge.ts'
import { debianTools } from '../../../local/tools/debian.ts'
import { prometheusMetrics } from '../../../platform/metrics/prometheus.ts'
import { traefikCounters } from '../../../platform/metrics/traefik.ts'
import type { Metrics } from '../../../platform/platform.ts'
import { freePort } from '../../support/free-port.ts'
import { eventually } from '../eventually.ts'
import { wait } from './cluster.ts'

const app = { namespace: 'default', name: 'shop' }
const revision = 'shop-1111111-aaaa'
const service = `httproute-default-shop-gw-slipway-gateway-slipway-ep-web-0-98b41c72-svc-default-${revision}-0@kubernetesgateway`

let page: string | undefined
let gateway: Server
let prometheus: ChildProcess
let metrics: Metrics
const folder = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'))

beforeAll(async () => {
  gateway = createServer((_, response) => {
    if (page === undefined) response.writeHead(503).end()
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(page)
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  const { port } = gateway.address() as AddressInfo
  const address = `127.0.0.1:${await freePort()}`
  const settings = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'gateway', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
  }
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify(settings))
  const flags = [
    `--config.file=${join(folder, 'prometheus.json')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
  ]
  prometheus = spawn((await debianTools()).prometheus, flags, { stdio: ['ignore', 'ignore', 'inherit'] })
  metrics = prometheusMetrics({ url: `http://${address}`, pack: traefikCounters })
})
afterAll(async () => {
  const gone = new Promise((resolve) => prometheus?.once('exit', resolve))
  if (prometheus?.kill('SIGKILL')) await gone
  gateway?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Of its threads, each state once. A stop reaches them one by one, and one that still runs may answer. */
function statesOf({ pid }: ChildProcess): string[] {
  const tasks = `/proc/${pid}/task`
  const states = readdirSync(tasks).map((task) =>
    // What follows the program's name, which is in brackets.
    readFileSync(join(tasks, task, 'stat'), 'utf8')
      .replace(/^.*\) /s, '')
      .slice(0, 1),
  )
  return [...new Set(states)]
}

/** The gateway's page: for each code the requests, those within half a second and those within one. */
const counting = (codes: Readonly<Record<string, readonly [unknown, unknown, unknown]>>): string => {
  const lines = Object.entries(codes).flatMap(([code, [all, half, one]]) => {
    const labels = `service="${service}",code="${code}",method="GET",protocol="http"`
    const bucket = (le: string, count: unknown) =>
      `traefik_service_request_duration_seconds_bucket{${labels},le="${le}"} ${count}`
    return [
      `traefik_service_requests_total{${labels}} ${all}`,
      bucket('0.5', half),
      bucket('1', one),
      bucket('+Inf', all),
    ]
  })
  return `${['traefik_config_reloads_total 1', ...lines].join('\n')}\n`
}
const look = () => metrics.counters(app, [revision], [0.5, 1])
/** A reading, or why there is none. */
const lookOr = () => look().catch((refused: Error) => refused)
const soon = { within: 30_000, every: 200, wait }
const tallies = ({ counts }: Reading) =>
  counts.map(({ requests, errors, timed, within }) => [requests, errors, timed, ...within])

// One story, in this order.
test('a gateway that nobody visited is known to be read, and how often', async () => {
  page = counting({})
  const seen = await eventually(lookOr, (now) => expect(now).toMatchObject({ interval: 1000 }), soon)
  expect(seen).toMatchObject({ counts: [], route: [] })
})

test('a gateway that begins anew is never seen with what it had counted before', async () => {
  page = counting({ 200: [100, 90, 99], 503: [5, 5, 5] })
  const before = [105, 5, 105, 95, 104]
  await eventually(look, (now) => expect(tallies(now)).toEqual([before]), soon)
  page = counting({ 200: [3, 2, 3] })
  const after = [3, 0, 3, 2, 3]
  const seen: unknown[] = []
  await eventually(
    look,
    (now) => {
      seen.push(...tallies(now))
      expect(tallies(now)).toEqual([after])
    },
    soon,
  )
  for (const one of seen) expect([before, after]).toContainEqual(one)
})

test('what is no count is no reading, and the next count is one again', async () => {
  page = counting({ 200: [8, 'NaN', 8] })
  const nonsense = { message: expect.stringContaining('is NaN: no count') }
  await eventually(lookOr, (now) => expect(now).toMatchObject(nonsense), soon)
  page = counting({ 200: [9, 8, 9] })
  await eventually(lookOr, (now) => expect(now).toMatchObject({ counts: [{ requests: 9 }] }), soon)
})

test('a gateway that cannot be read stands still, and is not read of late after half a minute', async () => {
  page = undefined
  await wait(2000)
  const { scrapedAt } = await look()
  await wait(2000)
  expect(await look()).toMatchObject({ scrapedAt, counts: [{ requests: 9 }] })
  const silent = await eventually(look, (now) => expect(now).not.toHaveProperty('scrapedAt'), {
    ...soon,
    within: 60_000,
  })
  expect(silent).toMatchObject({ counts: [], route: [] })
  page = counting({ 200: [20, 20, 20] })
  await eventually(look, (now) => expect(now).toMatchObject({ counts: [{ requests: 20 }] }), soon)
})

test('a Prometheus that does not answer is told in time, and asked again', async () => {
  prometheus.kill('SIGSTOP')
  try {
    await eventually(
      async () => statesOf(prometheus),
      (states) => expect(states).toEqual(['T']),
      soon,
    )
    await expect(look()).rejects.toThrow('cannot ask Prometheus for the counters of default/shop')
  } finally {
    prometheus.kill('SIGCONT')
  }
  await eventually(lookOr, (now) => expect(now).toMatchObject({ counts: [{ requests: 20 }] }), soon)
})
