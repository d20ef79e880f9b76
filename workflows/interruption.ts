// How a release is ended from outside: a person's command, a newer push, a cancellation in Temporal.
import { ApplicationFailure, CancellationScope, setHandler } from '@temporalio/workflow'
import { type Outcome, type ReleaseStatus, releaseName } from '../domain/release.ts'
import { type Supersession, supersede } from './messages.ts'

export interface Ending {
  readonly outcome: Outcome
  readonly message: string
  /** The newer release's name. */
  readonly supersededBy?: string
}

export interface Interruption {
  /** What runs in here ends when the release is interrupted. */
  readonly scope: CancellationScope
  readonly interrupt: (ending: Ending) => void
  readonly ending: () => Ending | undefined
  /** Why nothing interrupts any more; undefined while something can. */
  readonly closed: () => string | undefined
  /** From here on nothing interrupts; `why` is the answer to those who try. */
  readonly close: (why: string) => void
  /** The same on the way forward: throws when the release is ending already. */
  readonly passPointOfNoReturn: (why: string) => void
  /** From here on a newer push does not take this place, it is only heard of: what runs ends soon by itself. */
  readonly outlast: (heard: () => void) => void
}

export function awaitInterruption(status: () => ReleaseStatus): Interruption {
  const scope = new CancellationScope({ cancellable: true })
  let ending: Ending | undefined
  let closed: string | undefined
  let outlast: (() => void) | undefined
  let overtaken = false

  function interrupt(next: Ending) {
    if (ending || closed !== undefined) return
    ending = next
    closed = `the release is ending already: ${next.message}`
    scope.cancel()
  }
  const served = () => status().transitions.some(({ weight }) => weight > 0)
  const giveWay = (newer: Supersession) => {
    if (newer.unlessServed && served()) return
    overtaken = true
    if (outlast) return outlast()
    interrupt(superseded(newer))
  }
  setHandler(supersede, giveWay, { description: 'A newer push takes this place' })

  function close(why: string) {
    closed ??= why
  }
  return {
    scope,
    interrupt,
    ending: () => ending,
    closed: () => closed,
    close,
    passPointOfNoReturn(why) {
      if (ending) throw ApplicationFailure.nonRetryable(ending.message, 'Interrupted')
      close(why)
    },
    outlast(heard) {
      outlast = heard
      // It was too late for what came before this.
      if (overtaken && !ending) heard()
    },
  }
}

function superseded({ by, release, why }: Supersession): Ending {
  const message =
    why ?? `superseded by ${release ? `${releaseName(release)} (${by.slice(0, 7)})` : by.slice(0, 7)}`
  return { outcome: 'superseded', message, ...(release && { supersededBy: releaseName(release) }) }
}
