// Sends requests at a constant rate, whatever the answers do, and remembers each: when, how fast, by which version, how it failed.
import { Agent, type IncomingMessage, request } from 'node:http'

export interface LoadPlan {
  readonly url: string
  /** The Host header: which App is meant. */
  readonly host: string
  /** Requests a second. */
  readonly rate: number
  /** After so many requests, or so many milliseconds, the load ends by itself. */
  readonly atMost: { readonly requests: number; readonly time: number }
}

export interface Sample {
  /** When it was due, in milliseconds since the epoch: a late answer is not excused by a late question. */
  readonly at: number
  /** Milliseconds from then to the answer's end. */
  readonly took: number
  /** The HTTP status, or why there was none: `ECONNREFUSED`, `timeout`. */
  readonly status: number | string
  /** What the answer says it was made by; empty when it says nothing. */
  readonly version: string
}

export interface Load {
  readonly samples: readonly Sample[]
  /** Sends no more and waits for the answers that are due. */
  readonly stop: () => Promise<void>
}

const tick = 5
const patience = 5_000
const bodyLimit = 64 * 1024

export function startLoad(plan: LoadPlan, now: () => number = Date.now): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const samples: Sample[] = []
  const open = new Set<Promise<void>>()
  const begun = now()
  let sent = 0

  const send = () => {
    const at = begun + (sent * 1000) / plan.rate
    sent += 1
    const one: Promise<void> = exchange(plan, agent)
      .then(({ status, version }) => void samples.push({ at, took: now() - at, status, version }))
      .finally(() => open.delete(one))
    open.add(one)
  }
  const timer = setInterval(() => {
    const elapsed = now() - begun
    const due = Math.min(Math.floor((elapsed * plan.rate) / 1000), plan.atMost.requests)
    while (sent < due) send()
    if (elapsed >= plan.atMost.time || sent >= plan.atMost.requests) clearInterval(timer)
  }, tick)

  return {
    samples,
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}

/** What the samples of a stretch of time come to. */
export interface Tally {
  readonly requests: number
  readonly failed: number
  /** How they failed, and how often: `{"503": 2, "ECONNRESET": 1}`. */
  readonly failures: Readonly<Record<string, number>>
  readonly versions: Readonly<Record<string, { readonly requests: number; readonly failed: number }>>
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
}

export function tally(samples: readonly Sample[], from = 0, to = Number.POSITIVE_INFINITY): Tally {
  const within = samples.filter(({ at }) => at >= from && at < to)
  const failures: Record<string, number> = {}
  const versions: Record<string, { requests: number; failed: number }> = {}
  for (const sample of within) {
    const name = sample.version || 'none'
    const { requests, failed: bad } = versions[name] ?? { requests: 0, failed: 0 }
    versions[name] = { requests: requests + 1, failed: bad + (failed(sample) ? 1 : 0) }
    if (!failed(sample)) continue
    failures[String(sample.status)] = (failures[String(sample.status)] ?? 0) + 1
  }
  return {
    requests: within.length,
    failed: within.filter(failed).length,
    failures,
    versions,
    latency: latency(within.map(({ took }) => took).sort((a, b) => a - b)),
  }
}

/** Anything but an answer of the classes 1xx to 4xx. */
export const failed = ({ status }: Sample): boolean => typeof status === 'string' || status >= 500

/** The first answer that a version gave after a moment, by when it was due. */
export const firstOf = (samples: readonly Sample[], version: string, from: number): number | undefined =>
  samples.reduce<number | undefined>(
    (first, sample) =>
      sample.version === version && sample.at >= from && (first === undefined || sample.at < first)
        ? sample.at
        : first,
    undefined,
  )

function latency(sorted: readonly number[]): Tally['latency'] {
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

/** One request; a failure to connect or to answer in time is an answer too. */
function exchange({ url, host }: LoadPlan, agent: Agent): Promise<Pick<Sample, 'status' | 'version'>> {
  return new Promise((resolve) => {
    const fail = (status: string) => resolve({ status, version: '' })
    const asked = request(url, { agent, headers: { host }, timeout: patience }, (response) => {
      body(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, version: versionOf(response, text) }),
        (error: NodeJS.ErrnoException) => fail(error.code ?? 'cut'),
      )
    })
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })))
    asked.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    asked.end()
  })
}

async function body(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) if (text.length < bodyLimit) text += chunk
  return text
}

const versionOf = ({ headers }: IncomingMessage, _text: string): string => String(headers['x-version'] ?? '')
