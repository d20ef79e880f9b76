// What the gateway serves, seen from outside: its own configuration, read again and again while a release runs.
export interface Served {
  /** When the gateway was seen to serve this for the first time, in milliseconds since the epoch. */
  readonly at: number
  /** Thousandths a revision. */
  readonly weights: Readonly<Record<string, number>>
}

export interface GatewayWatch {
  /** Every change, the first state included, oldest first. */
  readonly changes: readonly Served[]
  readonly stop: () => Promise<void>
}

const betweenLooks = 50
const patience = 2_000
const atMostLooks = 100_000

/** Asks a gateway for its whole configuration. */
export type ReadConfiguration = (signal: AbortSignal) => Promise<Configuration>

/** Watches one App's route; `told` hears of each change. */
export function watchGateway(
  read: ReadConfiguration,
  app: { readonly namespace: string; readonly name: string },
  told: (served: Served) => void = () => {},
): GatewayWatch {
  const changes: Served[] = []
  const stopped = new AbortController()
  const look = async () => {
    const weights = weightsOf(await read(stopped.signal), app)
    if (!weights || same(weights, changes.at(-1)?.weights)) return
    const served = { at: Date.now(), weights }
    changes.push(served)
    told(served)
  }
  const ended = repeat(look, stopped.signal)
  return {
    changes,
    stop: () => {
      stopped.abort()
      return ended
    },
  }
}

/** The fields of Traefik's configuration that we read. */
export interface Configuration {
  readonly services?: Readonly<
    Record<string, { readonly weighted?: { readonly services?: readonly Backend[] } }>
  >
}
interface Backend {
  readonly name: string
  readonly weight?: number
}

/** The App's weights in a gateway's configuration; undefined when it has no route there. */
export function weightsOf(
  { services = {} }: Configuration,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Record<string, number> | undefined {
  const revision = new RegExp(`-svc-${namespace}-(${name}-[0-9a-f]{7}-[0-9a-z]{4})-`)
  const route = Object.entries(services).find(
    ([key, { weighted }]) =>
      key.startsWith(`httproute-${namespace}-${name}-gw-`) &&
      weighted?.services?.some((one) => revision.test(one.name)),
  )
  if (!route) return undefined
  const weights: Record<string, number> = {}
  for (const { name: backend, weight = 1 } of route[1].weighted?.services ?? []) {
    const found = revision.exec(backend)?.[1]
    if (found) weights[found] = weight
  }
  return weights
}

export const configurationOf =
  (gateway: string): ReadConfiguration =>
  async (signal) => {
    const response = await fetch(`${gateway}/api/rawdata`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    })
    if (!response.ok) throw new Error(`the gateway's configuration cannot be read: HTTP ${response.status}`)
    return (await response.json()) as Configuration
  }

/** Many who look at one gateway share an answer that is not older than this (milliseconds). */
export function shared(read: ReadConfiguration, age: number): ReadConfiguration {
  let last = { at: 0, answer: undefined as Promise<Configuration> | undefined }
  return () => {
    const now = Date.now()
    // Nobody's own end may take the answer from the others.
    if (!last.answer || now - last.at > age) last = { at: now, answer: read(new AbortController().signal) }
    return last.answer as Promise<Configuration>
  }
}

/** A look that fails is looked again: what was seen before stays the last that is known. */
async function repeat(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < atMostLooks && !signal.aborted; looks += 1) {
    await look().catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, betweenLooks))
  }
}

const same = (
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>> | undefined,
): boolean =>
  b !== undefined && JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
