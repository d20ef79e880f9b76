// Asks GitHub to deliver again what did not arrive: it never does so by itself, and forgets deliveries after three days.
import type { Logger } from 'pino'
import { z } from 'zod'
import { Id } from './github-payload.ts'
import type { Metrics } from './metrics.ts'

export interface DeliveriesOptions {
  /** Asks GitHub as the App itself. */
  readonly asApp: (request: {
    readonly method: 'GET' | 'POST'
    readonly path: string
  }) => Promise<{ readonly headers: Headers; readonly body: unknown }>
  readonly metrics: Pick<Metrics, 'redelivered'>
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly now?: () => number
  /** How many are asked for in one round: the rest waits for the next. */
  readonly atOnce?: number
  /** Pages of a hundred that one round reads. */
  readonly pages?: number
}

const minute = 60_000
/** Milliseconds: between two rounds, between two tries of one delivery, and after which a delivery is left alone. */
export const patience = {
  round: 5 * minute,
  again: 30 * minute,
  all: 3 * 24 * 60 * minute,
  click: 60 * minute,
}

/** Returns a function that goes round once. It never fails: what it cannot do now is left to the next round. */
export function redeliveries(options: DeliveriesOptions): () => Promise<void> {
  const { metrics, log, now = Date.now, atOnce = 20 } = options
  const asked = new Map<string, number>()
  /** All that was delivered before is settled. */
  let settled = 0
  let underWay = false

  async function round(): Promise<void> {
    const begun = now()
    for (const [guid, at] of asked) if (begun - at >= patience.again) asked.delete(guid)
    const { items, complete } = await since(options, Math.max(settled, begun - patience.all))
    const open = missed(items, begun)
    for (const one of open.filter(({ guid }) => !asked.has(guid)).slice(0, atOnce)) await again(one)
    // What is delivered at this moment may be listed late: the next round overlaps with this one.
    const oldest = Math.min(begun - patience.round, ...open.map(({ delivered_at }) => delivered_at))
    if (complete) settled = oldest
  }

  async function again({ id, guid, event, status_code }: Delivery): Promise<void> {
    asked.set(guid, now())
    try {
      await options.asApp({ method: 'POST', path: `/app/hook/deliveries/${id}/attempts` })
      metrics.redelivered('asked')
      log.info({ delivery: guid, event, status: status_code }, 'a delivery that failed is asked for again')
    } catch (error) {
      metrics.redelivered('failed')
      log.warn({ delivery: guid, event, error }, 'a delivery that failed cannot be asked for again')
    }
  }

  return async () => {
    if (underWay) return
    underWay = true
    try {
      await round()
    } catch (error) {
      metrics.redelivered('failed')
      log.warn({ error }, 'the deliveries that failed could not be listed; the next round tries again')
    }
    underWay = false
  }
}

const Delivery = z.object({
  // A larger one was rounded when it was parsed, and is another delivery's.
  id: Id,
  guid: z.string(),
  delivered_at: z.string().transform((text) => Date.parse(text)),
  // Each attempt is listed for itself, with its own time.
  redelivery: z.boolean(),
  status_code: z.number(),
  event: z.string(),
})
type Delivery = z.infer<typeof Delivery>

/** Newest first, as GitHub lists them. Not complete when there were more than a round reads. */
async function since(
  { asApp, pages = 10 }: DeliveriesOptions,
  earliest: number,
): Promise<{ items: readonly Delivery[]; complete: boolean }> {
  const items: Delivery[] = []
  let cursor = ''
  for (let page = 0; page < pages; page += 1) {
    const query = `per_page=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { headers, body } = await asApp({ method: 'GET', path: `/app/hook/deliveries?${query}` })
    const read = z
      .array(z.unknown())
      .parse(body)
      .flatMap((one) => Delivery.safeParse(one).data ?? [])
    items.push(...read.filter(({ delivered_at }) => delivered_at >= earliest))
    cursor = nextCursor(headers)
    if (!cursor || read.some(({ delivered_at }) => delivered_at < earliest)) return { items, complete: true }
  }
  return { items, complete: false }
}

/** `Link: <https://api.github.com/app/hook/deliveries?cursor=v1_2>; rel="next"` → `v1_2`; empty at the end. */
function nextCursor(headers: Headers): string {
  const [, url = ''] = /<([^>]+)>\s*;\s*rel="next"/.exec(headers.get('link') ?? '') ?? []
  return URL.canParse(url) ? (new URL(url).searchParams.get('cursor') ?? '') : ''
}

// These bodies would be refused the same way again; all else may have been us, a proxy, or a secret that was being changed.
const refused = new Set([400, 403, 405, 413, 415, 422])

/**
 * The newest attempt of each delivery that never arrived and still matters; of a click the first one, whose time is the click's.
 * What is returned here is read again the next time: for as long as a click matters its first attempt is known.
 */
function missed(items: readonly Delivery[], now: number): readonly Delivery[] {
  const over = new Set(items.filter(isOver).map(({ guid }) => guid))
  const seen = new Set<string>()
  return items.filter((one) => {
    if (over.has(one.guid) || seen.has(one.guid)) return false
    if (isClick(one) && one.redelivery) return false
    seen.add(one.guid)
    return !isStale(one, now)
  })
}

const isOver = ({ status_code }: Delivery): boolean =>
  refused.has(status_code) || (status_code >= 200 && status_code < 300)

const isClick = ({ event }: Delivery): boolean => event === 'check_run'

/** What somebody meant with a click an hour ago may be wrong now. */
const isStale = (one: Delivery, now: number): boolean =>
  isClick(one) && now - one.delivered_at > patience.click
