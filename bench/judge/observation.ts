// What is seen of a release from outside while it runs: the weights that the gateway serves, what it remembers, what it says.
import { setTimeout as pause } from 'node:timers/promises'
import { type ReleaseStatus, releaseWorkflowId } from '../../domain/release.ts'
import type { Histories } from '../../local/history.ts'
import { type ReadConfiguration, watchGateway } from '../../local/served.ts'

/** The canary's share at the gateway, in thousandths, from that moment on. */
export interface Share {
  readonly at: number
  readonly canary: number
}

export interface Observation {
  /** Hears each state of the release. */
  readonly hear: (status: ReleaseStatus) => void
  readonly last: () => ReleaseStatus | undefined
  /** What it last said that it waits for. */
  readonly stalled: () => string | undefined
  readonly shares: readonly Share[]
  /** The most bytes that a heartbeat was seen to hold. */
  readonly heartbeatBytes: () => number | undefined
  readonly stop: () => Promise<void>
}

export interface Observed {
  readonly app: { readonly namespace: string; readonly name: string }
  /** The revision that holds all traffic before. */
  readonly stable: string
  readonly configuration: ReadConfiguration
  readonly histories: Histories
  /** Hears of each change of the canary's share. */
  readonly told: (share: Share) => void
}

const betweenHeartbeats = 3_000

export function observe({ app, stable, configuration, histories, told }: Observed): Observation {
  const stopped = new AbortController()
  const shares: Share[] = []
  let last: ReleaseStatus | undefined
  let stalled: string | undefined
  let most: number | undefined
  const gateway = watchGateway(configuration, app, ({ at, weights }) => {
    const canary = Object.entries(weights).reduce((sum, [name, one]) => sum + (name === stable ? 0 : one), 0)
    if (canary === (shares.at(-1)?.canary ?? 0)) return
    shares.push({ at, canary })
    told({ at, canary })
  })
  const heartbeats = repeat(betweenHeartbeats, stopped.signal, async () => {
    if (!last || last.outcome) return
    const bytes = await histories.heartbeat(releaseWorkflowId(last.release))
    if (bytes !== undefined) most = Math.max(most ?? 0, bytes)
  })
  return {
    hear: (status) => {
      last = status
      stalled = status.stalled ?? stalled
    },
    last: () => last,
    stalled: () => stalled,
    shares,
    heartbeatBytes: () => most,
    stop: async () => {
      stopped.abort()
      await Promise.all([gateway.stop(), heartbeats])
    },
  }
}

/** Again and again until the signal falls; a look that fails is looked again. */
async function repeat(every: number, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look().catch(() => undefined)
    await pause(every, undefined, { signal }).catch(() => undefined)
  }
}
