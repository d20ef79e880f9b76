// What can be made to go wrong: deliveries that are late, twice, lost or out of order, and an API that refuses or fails.
export interface Disturbance {
  /** Each delivery is sent this many times more, with the same id. */
  readonly duplicate?: number
  /** The next deliveries do not arrive, and are listed as failed. */
  readonly drop?: number
  /** The next deliveries do not arrive, and nothing is known of them. */
  readonly lose?: number
  /** Milliseconds that each delivery is late. */
  readonly delay?: number
  /** Deliveries wait until there are this many, then the newest goes first. */
  readonly reorder?: number
  /** The next calls of the API are answered with this status, or one that says to come again after some seconds. */
  readonly api?: {
    readonly status: 403 | 429 | 500 | 502 | 503 | 504
    readonly times: number
    /** Seconds. */
    readonly retryAfter?: number
    /** Only calls with this method. */
    readonly method?: string
    /** Only calls whose path has this in it. */
    readonly path?: string
    /** The call is carried out, and only its answer is lost. */
    readonly after?: boolean
  }
  /** The App's key is no longer one. */
  readonly keyRevoked?: boolean
  /** The App is no longer installed anywhere, and its tokens are worthless. */
  readonly uninstalled?: boolean
  /** Permissions that are no longer granted. */
  readonly denied?: readonly string[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface Faults {
  readonly now: Mutable<Disturbance>
  readonly disturb: (disturbance: Disturbance) => void
  readonly calm: () => void
  /** Whether this is one of the next so many. */
  readonly takes: (kind: 'drop' | 'lose') => boolean
  readonly ofCall: (method: string, path: string) => Disturbance['api']
}

export function noFaults(): Faults {
  const now: Mutable<Disturbance> = {}
  return {
    now,
    disturb: (disturbance) => void Object.assign(now, disturbance),
    calm: () => {
      for (const name of Object.keys(now) as (keyof Disturbance)[]) delete now[name]
    },
    takes: (kind) => {
      const left = now[kind] ?? 0
      if (left > 0) now[kind] = left - 1
      return left > 0
    },
    ofCall: (method, path) => {
      const { api } = now
      if (!api || api.times === 0) return undefined
      if (api.method !== undefined && api.method !== method) return undefined
      if (api.path !== undefined && !path.includes(api.path)) return undefined
      now.api = { ...api, times: api.times - 1 }
      return api
    },
  }
}
