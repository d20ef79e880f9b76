// A small shop: says which version it is, and can be told to fail or to be slow, so that a bad release can be seen.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const { PORT = '8080', VERSION = 'unknown', FAILURE_RATE = '0', DELAY_MS = '0' } = process.env
const failureRate = share('FAILURE_RATE', FAILURE_RATE)
const delay = milliseconds('DELAY_MS', DELAY_MS)

let underWay = 0

const server = createServer(async (request, response) => {
  underWay += 1
  response.once('close', () => {
    underWay -= 1
  })
  response.setHeader('x-version', VERSION)
  if (request.url === '/healthz') return answer(response, 200, { ok: true })
  if (delay > 0) await sleep(delay)
  if (nextFails()) return answer(response, 500, { version: VERSION, error: 'this version fails' })
  answer(response, 200, { version: VERSION, message: 'Hello from the shop' })
})

server.listen(Number(PORT), () => console.log(`version ${VERSION} listens on ${PORT}`))

// Kubernetes asks for the end: no new connections, what is under way is answered, then the process is gone.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, end)

async function end() {
  server.close(() => process.exit(0))
  // A gateway keeps connections that carry nothing: they would hold the process for as long as it likes.
  do await sleep(200)
  while (underWay > 0)
  server.closeAllConnections()
}

// Each pod begins elsewhere, so that several of them do not fail in step.
let owed = Math.random()

/** Spreads failures evenly: a rate of 0.2 is every fifth request, not a dice. */
function nextFails() {
  owed += failureRate
  if (owed < 1 - 1e-9) return false
  owed -= 1
  return true
}

function answer(response, status, body) {
  // While the server closes, a kept connection would keep it open.
  if (!server.listening) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

function share(name, text) {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new Error(`${name} is ${JSON.stringify(text)}; it must be a number from 0 to 1`)
}

function milliseconds(name, text) {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new Error(`${name} is ${JSON.stringify(text)}; it must be a whole number of milliseconds`)
}
