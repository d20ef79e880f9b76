// A service with the faults that real ones have: its environment says how often it fails, how slow it is, and whether it leaks.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const { VERSION = 'unknown' } = process.env
const faults = {
  /** The share of requests that is answered 500, by chance. */
  failureRate: number('FAILURE_RATE'),
  /** The median of the lognormal time that an answer takes; one in a hundred takes four times as long. */
  latencyMs: number('LATENCY_MS'),
  /** So many seconds after the first request the share of failures begins to rise, by so much a minute, to a tenth at most. */
  leakAfter: number('LEAK_AFTER'),
  leakPerMinute: number('LEAK_PER_MINUTE'),
}
const spread = 0.6
const mostLeaked = 0.1

let firstRequest
let underWay = 0

const server = createServer(async (request, response) => {
  if (request.url === '/healthz') return answer(response, 200, { ok: true })
  firstRequest ??= Date.now()
  underWay += 1
  response.once('close', () => {
    underWay -= 1
  })
  const fails = Math.random() < faults.failureRate + leaked()
  if (faults.latencyMs > 0) await sleep(faults.latencyMs * Math.exp(spread * normal()))
  answer(response, fails ? 500 : 200, { version: VERSION })
})

server.listen(8080, () => console.log(`${VERSION} listens`))

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, end)

async function end() {
  server.close(() => process.exit(0))
  do await sleep(200)
  while (underWay > 0)
  server.closeAllConnections()
}

function leaked() {
  const minutes = (Date.now() - firstRequest) / 60_000 - faults.leakAfter / 60
  return Math.min(mostLeaked, Math.max(0, minutes * faults.leakPerMinute))
}

/** The standard normal distribution, after Box and Muller. */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

function answer(response, status, body) {
  response.setHeader('x-version', VERSION)
  if (!server.listening) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

function number(name) {
  const value = Number(process.env[name] ?? '0')
  if (value >= 0) return value
  throw new Error(`${name} is ${JSON.stringify(process.env[name])}; it must be a number of at least 0`)
}
