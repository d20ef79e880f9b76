// A person's commands to a release: answered at once, refused with the reason and with what would be allowed.
import { ApplicationFailure, setHandler } from '@temporalio/workflow'
import type { CommandAnswer, CommandRequest } from '../domain/command.ts'
import { forgetOldest } from '../domain/forget.ts'
import type { ReleaseStatus } from '../domain/release.ts'
import type { Gates } from './gates.ts'
import type { Interruption } from './interruption.ts'
import { command } from './messages.ts'
import { tail } from './waiting.ts'

const answersKept = 200

/** The same Command is answered once, and the same way, however often it arrives. */
export function answerCommands(status: () => ReleaseStatus, interruption: Interruption, gates: Gates): void {
  const answered = new Map<string, CommandAnswer>()

  const isTurnedAway = (request: CommandRequest) =>
    interruption.closed() === undefined && gates.isTurnedAway(request)
  function answer(request: CommandRequest): CommandAnswer {
    const before = answered.get(request.id)
    if (before) return before
    if (isTurnedAway(request)) throw refused(`cannot ${request.verb}: ${gates.turnAway(request)}`)
    const given = { message: follow(request, interruption, gates) }
    answered.set(request.id, given)
    forgetOldest(answered, answersKept)
    return given
  }
  // A validator decides by what is known and touches nothing; what it throws is the person's answer. Only what is to be shown at the
  // gate is let through, and refused by the handler.
  function validator(request: CommandRequest): void {
    if (answered.has(request.id)) return
    const why = whyNot(request, status(), interruption, gates)
    if (why !== undefined && !isTurnedAway(request)) throw refused(`cannot ${request.verb}: ${why}`)
  }
  const description = 'A Command: approve, pause, resume, promote, abort, rollback'
  setHandler(command, answer, { validator, description })
}

export const refused = (why: string) => ApplicationFailure.nonRetryable(why, 'Refused')

function follow(request: CommandRequest, interruption: Interruption, gates: Gates): string {
  const { verb, by, reason } = request
  switch (verb) {
    case 'abort':
      interruption.interrupt({ outcome: 'aborted', message: `aborted by ${by}${tail(reason)}` })
      return 'the release is being aborted; traffic returns to the stable revision'
    case 'rollback':
      interruption.interrupt({ outcome: 'rolled-back', message: `rolled back by ${by}${tail(reason)}` })
      return 'the release is being rolled back; traffic returns to the stable revision'
    case 'pause':
      return gates.pause(request)
    case 'resume':
      return gates.resume(request)
    case 'promote':
      return gates.promote(request)
    case 'approve':
      return gates.approve(request)
    default:
      throw refused(`a running release does not answer ${verb}`)
  }
}

function whyNot(
  request: CommandRequest,
  status: ReleaseStatus,
  interruption: Interruption,
  gates: Gates,
): string | undefined {
  const { verb } = request
  const closed = interruption.closed()
  if (verb === 'retry' || verb === 'freeze' || verb === 'unfreeze')
    return `${verb} is for the App${verb === 'retry' ? ', once this release has ended' : ''}; a running release answers approve, pause, resume, promote, abort and rollback`
  // A first release cannot be taken back, but its watch can be ended.
  const watched = verb === 'promote' && status.phase === 'baking' && !interruption.ending()
  if (closed !== undefined && !watched) return closed
  if (verb === 'promote' && gates.promoted()) return 'it is being promoted already'
  if (verb === 'promote' && !promotable.includes(status.phase))
    return `it is ${status.phase}, and there is nothing to promote before its pods run; it can be aborted`
  return gates.refuses(request)
}

const promotable: readonly ReleaseStatus['phase'][] = ['deploying', 'rolling-out', 'baking']
