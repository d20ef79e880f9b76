// Sends signed deliveries at a constant rate, whatever the answers do, and remembers of each what came back and how late.
import { createHmac, randomUUID } from 'node:crypto'
import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
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
  // Written and signed before the first is due: who sends shall not take the time of who is measured.
  const posts = Array.from({ length: rate * seconds }, (_, index) => written(plan, index))
  // As many as can be without an answer at once: none waits for another one's.
  const agent = new Agent({ keepAlive: true, maxSockets: Math.ceil((rate * patience) / 1000) })
  const open: Promise<Sample>[] = []
  const begun = performance.now()
  for (const [index, one] of posts.entries()) {
    if (signal.aborted) break
    const due = begun + (index * 1000) / rate
    const early = due - performance.now()
    if (early > 1) await sleep(early)
    open.push(sample(plan.url, agent, one, due))
  }
  const samples = await Promise.all(open)
  agent.destroy()
  return samples
}

interface Post {
  readonly id: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  readonly expected: string
}

function written({ secret, delivery }: Deliveries, index: number): Post {
  const { payload, expected, event = 'push', id = randomUUID() } = delivery(index)
  const body = Buffer.from(JSON.stringify(payload))
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
  return { id, headers, body, expected }
}

async function sample(url: string, agent: Agent, one: Post, due: number): Promise<Sample> {
  const answer = await sent(url, agent, one).catch(reason)
  return { id: one.id, took: performance.now() - due, answer, expected: one.expected }
}

function sent(url: string, agent: Agent, { headers, body }: Post): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers, signal: AbortSignal.timeout(patience) }
    const asked = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(`${response.statusCode} ${says(Buffer.concat(chunks).toString())}`))
    })
    asked.on('error', reject)
    asked.end(body)
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
