// How a release is ended from outside: a person's abort, a newer push, a cancellation in Temporal.
import { ApplicationFailure, CancellationScope, setHandler } from '@temporalio/workflow'
import type { CommandAnswer, CommandRequest } from '../domain/command.ts'
import type { Outcome } from '../domain/release.ts'
import { command, supersede } from './messages.ts'

export interface Ending {
  readonly outcome: Outcome
  readonly message: string
}

export interface Interruption {
  /** What runs in here ends when the release is interrupted. */
  readonly scope: CancellationScope
  readonly ending: () => Ending | undefined
  /** From here on nothing interrupts; `why` is the answer to those who try. */
  readonly close: (why: string) => void
  /** The same on the way forward: throws when the release is ending already. */
  readonly passPointOfNoReturn: (why: string) => void
}

const answersKept = 200

export function awaitInterruption(): Interruption {
  const scope = new CancellationScope({ cancellable: true })
  const answered = new Map<string, CommandAnswer>()
  let ending: Ending | undefined
  let closed: string | undefined

  function interrupt(next: Ending) {
    if (ending || closed !== undefined) return
    ending = next
    closed = `the release is ending already: ${next.message}`
    scope.cancel()
  }
  function answer({ id, by, reason }: CommandRequest): CommandAnswer {
    const before = answered.get(id)
    if (before) return before
    interrupt({ outcome: 'aborted', message: `aborted by ${by}${reason && `: ${reason}`}` })
    const given = { message: 'the release is being aborted; traffic returns to the stable revision' }
    answered.set(id, given)
    for (const oldest of answered.keys()) if (answered.size > answersKept) answered.delete(oldest)
    return given
  }
  // A validator decides by what is known and touches nothing; what it throws is the person's answer.
  function refuse({ id, verb }: CommandRequest) {
    if (answered.has(id)) return
    if (verb !== 'abort') throw refused(`${verb} is not available yet; a release can be aborted`)
    if (closed !== undefined) throw refused(`cannot abort: ${closed}`)
  }
  setHandler(command, answer, { validator: refuse, description: 'A Command: abort' })
  setHandler(
    supersede,
    ({ by }) => interrupt({ outcome: 'superseded', message: `superseded by ${by.slice(0, 7)}` }),
    {
      description: 'A newer push takes this place',
    },
  )

  function close(why: string) {
    closed ??= why
  }
  return {
    scope,
    ending: () => ending,
    close,
    passPointOfNoReturn(why) {
      if (ending) throw ApplicationFailure.nonRetryable(ending.message, 'Interrupted')
      close(why)
    },
  }
}

const refused = (why: string) => ApplicationFailure.nonRetryable(why, 'Refused')
