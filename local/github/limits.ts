// How often the API may be asked: so many requests an hour, and the secondary limits that nobody sees coming.
import { Refusal } from './refusal.ts'

export interface Limits {
  /** Counts a call of this caller; fails when it is one too many. Returns what GitHub says of what is left. */
  readonly spend: (caller: string, method: string, makesContent: boolean) => Readonly<Record<string, string>>
}

const minute = 60_000
const hour = 3_600_000
const anHour = 5_000

interface Spent {
  windowEnds: number
  used: number
  /** When what was written, for the last hour. */
  content: number[]
  points: { readonly at: number; readonly points: number }[]
}

export function limits(now: () => number): Limits {
  const all = new Map<string, Spent>()
  return {
    spend: (caller, method, makesContent) => {
      const spent = all.get(caller) ?? { windowEnds: 0, used: 0, content: [], points: [] }
      all.set(caller, spent)
      const headers = primary(spent, now())
      secondary(spent, now(), method === 'GET' ? 1 : 5, makesContent)
      return headers
    },
  }
}

function primary(spent: Spent, now: number): Readonly<Record<string, string>> {
  if (now >= spent.windowEnds) Object.assign(spent, { windowEnds: now + hour, used: 0 })
  const exhausted = spent.used >= anHour
  if (!exhausted) spent.used += 1
  const headers = {
    'x-ratelimit-limit': String(anHour),
    'x-ratelimit-used': String(spent.used),
    'x-ratelimit-remaining': String(anHour - spent.used),
    'x-ratelimit-reset': String(Math.ceil(spent.windowEnds / 1000)),
    'x-ratelimit-resource': 'core',
  }
  if (exhausted) throw new Refusal(403, 'API rate limit exceeded for installation.', { headers })
  return headers
}

/** 900 points a minute; 80 pieces of content a minute, and 500 an hour. */
function secondary(spent: Spent, now: number, points: number, makesContent: boolean): void {
  spent.points = spent.points.filter(({ at }) => at > now - minute)
  spent.content = spent.content.filter((at) => at > now - hour)
  const lastMinute = spent.content.filter((at) => at > now - minute)
  const used = spent.points.reduce((sum, one) => sum + one.points, 0)
  if (used + points > 900) throw tooFast(spent.points[0]?.at ?? now, minute, now)
  if (makesContent && lastMinute.length >= 80) throw tooFast(lastMinute[0] ?? now, minute, now)
  if (makesContent && spent.content.length >= 500) throw tooFast(spent.content[0] ?? now, hour, now)
  spent.points.push({ at: now, points })
  if (makesContent) spent.content.push(now)
}

const tooFast = (first: number, window: number, now: number) =>
  secondaryLimit(Math.max(1, Math.ceil((first + window - now) / 1000)))

export const secondaryLimit = (seconds: number, status = 403): Refusal =>
  new Refusal(
    status,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    {
      headers: { 'retry-after': String(seconds) },
    },
  )
