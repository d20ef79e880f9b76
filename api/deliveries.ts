// Asks GitHub to deliver again what did not arrive: it never does so by itself, and forgets deliveries after three days.
import type { Logger } from 'pino'
import { z } from 'zod'
import { forgetOldest } from '../domain/forget.ts'
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
/**
 * Milliseconds: between two walks along the list, between two rounds of one walk, between two tries of one delivery, and after
 * which a delivery is left alone. A round reads ten pages and asks for twenty: with two a minute this is below 4,000 requests an
 * hour, of 5,000 that GitHub allows an App.
 */
export const patience = {
  walk: 5 * minute,
  round: minute / 2,
  again: 30 * minute,
  all: 3 * 24 * 60 * minute,
  click: 60 * minute,
}

/** From the newest delivery to the oldest that is not settled, over as many rounds as it takes. */
interface Walk {
  readonly begun: number
  readonly earliest: number
  /** The page to read next; undefined at the end. */
  cursor: string | undefined
  /** Failed, and not asked for yet. */
  readonly open: Map<string, Delivery>
  /** Attempts of these were seen that decide about all older ones. */
  readonly decided: Set<string>
  /** All that was delivered before this is settled when the walk is over. */
  oldest: number
  /** Pages in a row that could not be read. */
  failures: number
}

/** So many are known to be decided: who forgets one asks once in vain. */
const knownDecided = 100_000
/** A place in the list that cannot be read so often is no place any more: the walk begins anew. */
const failuresAtMost = 3

/**
 * Returns a function that goes one round, when one is due. It never fails: what it cannot do now is left to the next round.
 * Call it every `patience.round`.
 */
export function redeliveries(options: DeliveriesOptions): () => Promise<void> {
  const { metrics, log, now = Date.now, atOnce = 20, pages = 10 } = options
  const asked = new Map<string, number>()
  /** All that was delivered before is settled. */
  let settled = 0
  let walk: Walk | undefined
  let begun = Number.NEGATIVE_INFINITY
  let underWay = false

  async function round(): Promise<void> {
    walk ??= newWalk()
    if (!walk) return
    for (const [guid, at] of asked) if (now() - at >= patience.again) asked.delete(guid)
    await read(walk)
    for (const one of [...walk.open.values()].slice(0, atOnce)) {
      walk.open.delete(one.guid)
      await again(one)
    }
    const { cursor, open, oldest } = walk
    if (cursor !== undefined || open.size > 0) {
      const since = new Date(walk.begun).toISOString()
      log.info(
        { since, open: open.size },
        'more deliveries are to be read or asked for: the next round goes on',
      )
      return
    }
    settled = oldest
    walk = undefined
  }

  function newWalk(): Walk | undefined {
    if (now() - begun < patience.walk) return undefined
    begun = now()
    const earliest = Math.max(settled, begun - patience.all)
    // What is delivered at this moment may be listed late: the next walk overlaps with this one.
    const oldest = begun - patience.walk
    return { begun, earliest, cursor: '', open: new Map(), decided: new Set(), oldest, failures: 0 }
  }

  async function read(walk: Walk): Promise<void> {
    for (let page = 0; page < pages && walk.open.size < atOnce; page += 1) {
      if (walk.cursor === undefined) return
      const { items, next } = await listed(options, walk.cursor)
      const isLast = !next || items.some(({ delivered_at }) => delivered_at < walk.earliest)
      for (const one of items.filter(({ delivered_at }) => delivered_at >= walk.earliest)) note(walk, one)
      walk.cursor = isLast ? undefined : next
      walk.failures = 0
    }
  }

  /** The newest attempt decides; of a click the first one, whose time is the click's. */
  function note(walk: Walk, one: Delivery): void {
    if (walk.decided.has(one.guid)) return
    if (isClick(one) && one.redelivery && !isOver(one)) return
    if (one.redelivery) walk.decided.add(one.guid)
    forgetOldest(walk.decided, knownDecided)
    if (isOver(one) || isStale(one, now())) return
    // It is read again by the next walk: for as long as a click matters its first attempt is known.
    walk.oldest = Math.min(walk.oldest, one.delivered_at)
    if (!asked.has(one.guid)) walk.open.set(one.guid, one)
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

  function stumble(error: unknown): void {
    metrics.redelivered('failed')
    log.warn({ error }, 'the deliveries that failed could not be listed; the next round tries again')
    if (!walk) return
    walk.failures += 1
    if (walk.failures >= failuresAtMost) walk = undefined
  }

  return async () => {
    if (underWay) return
    underWay = true
    await round().catch(stumble)
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

/** A page of the list, newest first, and where the next one is; empty at the end. */
async function listed(
  { asApp }: DeliveriesOptions,
  cursor: string,
): Promise<{ readonly items: readonly Delivery[]; readonly next: string }> {
  const query = `per_page=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
  const { headers, body } = await asApp({ method: 'GET', path: `/app/hook/deliveries?${query}` })
  const items = z
    .array(z.unknown())
    .parse(body)
    .flatMap((one) => Delivery.safeParse(one).data ?? [])
  return { items, next: nextCursor(headers) }
}

/** `Link: <https://api.github.com/app/hook/deliveries?cursor=v1_2>; rel="next"` → `v1_2`; empty at the end. */
function nextCursor(headers: Headers): string {
  const [, url = ''] = /<([^>]+)>\s*;\s*rel="next"/.exec(headers.get('link') ?? '') ?? []
  return URL.canParse(url) ? (new URL(url).searchParams.get('cursor') ?? '') : ''
}

// These bodies would be refused the same way again; all else may have been us, a proxy, or a secret that was being changed.
const refused = new Set([400, 403, 405, 413, 415, 422])

const isOver = ({ status_code }: Delivery): boolean =>
  refused.has(status_code) || (status_code >= 200 && status_code < 300)

const isClick = ({ event }: Delivery): boolean => event === 'check_run' || event === 'check_suite'

/** What somebody meant with a click an hour ago may be wrong now. */
const isStale = (one: Delivery, now: number): boolean =>
  isClick(one) && now - one.delivered_at > patience.click
