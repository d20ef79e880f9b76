// Sends an App its webhooks, signed, once and without a second try, and keeps the list that GitHub shows of them.
import { createHmac } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Faults } from './faults.ts'
import { type App, type Json, newGuid, type State } from './state.ts'

export interface Delivery {
  readonly id: number
  /** A redelivery has the same one. */
  readonly guid: string
  readonly app: App
  readonly deliveredAt: string
  readonly redelivery: boolean
  readonly duration: number
  readonly status: string
  readonly statusCode: number
  readonly event: string
  readonly payload: Json
  readonly headers: Readonly<Record<string, string>>
  readonly url: string
  readonly response: { readonly headers: Json; readonly payload: string | null }
}

export interface Webhooks {
  /** Returns at once; what comes of it is seen in the list. */
  readonly send: (app: App, event: string, payload: Json) => void
  readonly redeliver: (delivery: Delivery) => void
  /** Oldest first. */
  readonly deliveries: readonly Delivery[]
  /** Sends what was held back to come in another order. */
  readonly release: () => void
  /** Resolves when nothing is under way. */
  readonly settled: () => Promise<void>
}

/** Larger ones are not sent. */
const largest = 25 * 1024 * 1024

// It may run for days, and a payload is large.
const remembered = 2_000

export function webhooks(state: State, faults: Faults): Webhooks {
  const deliveries: Delivery[] = []
  const underWay = new Set<Promise<void>>()
  let held: Message[] = []

  const start = (work: Promise<void>) => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }
  const deliver = async (message: Message) => {
    if (faults.takes('lose')) return
    if (faults.now.delay) await wait(faults.now.delay)
    const times = 1 + (message.redelivery ? 0 : (faults.now.duplicate ?? 0))
    const all = Array.from({ length: times }, () => attempt(state, message, faults.takes('drop')))
    deliveries.push(...(await Promise.all(all)))
    if (deliveries.length > remembered) deliveries.splice(0, deliveries.length - remembered)
  }
  const release = () => {
    const newestFirst = held.reverse()
    held = []
    start(oneAfterTheOther(newestFirst, deliver))
  }
  return {
    deliveries,
    release,
    send: (app, event, payload) => {
      if (app.webhookUrl === undefined || !hears(app, event)) return
      const message = { app, event, payload, guid: newGuid(), redelivery: false }
      if (Buffer.byteLength(JSON.stringify(payload)) > largest) return
      if (faults.now.reorder === undefined) return start(deliver(message))
      held.push(message)
      if (held.length >= faults.now.reorder) release()
    },
    redeliver: ({ app, event, payload, guid }) =>
      start(deliver({ app, event, payload, guid, redelivery: true })),
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

interface Message {
  readonly app: App
  readonly event: string
  readonly payload: Json
  readonly guid: string
  readonly redelivery: boolean
}

async function oneAfterTheOther(messages: readonly Message[], deliver: (message: Message) => Promise<void>) {
  for (const message of messages) await deliver(message)
}

// Every App hears of its own installations and is greeted, whatever it asked for.
const hears = ({ events }: App, event: string) =>
  events.includes(event) || event === 'ping' || event.startsWith('installation')

const patience = 10_000

async function attempt(state: State, message: Message, dropped: boolean): Promise<Delivery> {
  const { app, event, payload, guid, redelivery } = message
  const body = JSON.stringify(payload)
  const url = app.webhookUrl ?? ''
  const headers = headersOf(message, body)
  const began = Date.now()
  const id = state.nextId()
  const outcome = dropped ? unreachable : await post(url, headers, body)
  const duration = (Date.now() - began) / 1000
  const deliveredAt = new Date(state.now()).toISOString()
  return { id, guid, app, deliveredAt, redelivery, duration, event, payload, headers, url, ...outcome }
}

type Outcome = Pick<Delivery, 'status' | 'statusCode' | 'response'>

const unreachable: Outcome = {
  status: 'failed to connect to host',
  statusCode: 502,
  response: { headers: {}, payload: null },
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Outcome> {
  try {
    const options = {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    } as const
    const response = await fetch(url, options)
    const payload = await response.text()
    return {
      status: response.ok ? 'OK' : `Invalid HTTP Response: ${response.status}`,
      statusCode: response.status,
      response: { headers: Object.fromEntries(response.headers), payload },
    }
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError'
    return late ? { ...unreachable, status: 'timed out', statusCode: 504 } : unreachable
  }
}

function headersOf({ app, event, guid }: Message, body: string): Readonly<Record<string, string>> {
  const signed = (hash: string) => `${hash}=${createHmac(hash, app.webhookSecret).update(body).digest('hex')}`
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/local',
    'x-github-delivery': guid,
    'x-github-event': event,
    'x-github-hook-id': String(app.id),
    'x-github-hook-installation-target-id': String(app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': signed('sha1'),
    'x-hub-signature-256': signed('sha256'),
  }
}
