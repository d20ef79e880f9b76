// Sends signed deliveries at a constant rate, whatever the answers do, and remembers of each what came back and how late.
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { sleep } from '../../local/process.ts'

export interface Deliveries {
  readonly url: string
  readonly secret: string
  /** Deliveries a second. */
  readonly rate: number
  readonly seconds: number
  /** What the n-th says, and what must be answered: `202 accepted`. */
  readonly delivery: (index: number) => Delivery
  readonly signal: AbortSignal
}

export interface Delivery {
  /** `push` when absent. */
  readonly event?: string
  /** One of its own when absent; two with the same are one delivery, sent again. */
  readonly id?: string
  readonly payload: object
  readonly expected: string
}

export interface Sample {
  readonly id: string
  /** Milliseconds from when it was due: a late answer is not excused by a late question. */
  readonly took: number
  /** The status and what it says, or why there was no answer: `ECONNREFUSED`. */
  readonly answer: string
  readonly expected: string
}

/** GitHub's own: what takes longer is a failed delivery. */
const patience = 10_000

/** Returns when every delivery has its answer, or was given up. */
export async function deliver(plan: Deliveries): Promise<readonly Sample[]> {
  const { rate, seconds, signal } = plan
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const open: Promise<Sample>[] = []
  const begun = performance.now()
  for (let index = 0; index < rate * seconds && !signal.aborted; index += 1) {
    const due = begun + (index * 1000) / rate
    const early = due - performance.now()
    if (early > 1) await sleep(early)
    open.push(sample(plan, agent, index, due))
  }
  const samples = await Promise.all(open)
  agent.destroy()
  return samples
}

async function sample(plan: Deliveries, agent: Agent, index: number, due: number): Promise<Sample> {
  const { payload, expected, event = 'push', id = randomUUID() } = plan.delivery(index)
  const answer = await post(plan, agent, { event, id, body: JSON.stringify(payload) }).catch(reason)
  return { id, took: performance.now() - due, answer, expected }
}

interface Posted {
  readonly event: string
  readonly id: string
  readonly body: string
}

function post({ url, secret }: Deliveries, agent: Agent, { event, id, body }: Posted): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers, signal: AbortSignal.timeout(patience) }
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(`${response.statusCode} ${says(Buffer.concat(chunks).toString())}`))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A delivery's `status`, a refusal's `code`. */
function says(text: string): string {
  try {
    const { code, status } = JSON.parse(text)
    return String(code ?? status)
  } catch {
    return 'no JSON'
  }
}

const reason = (error: NodeJS.ErrnoException): string => error.code ?? error.name
