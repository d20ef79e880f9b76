// What a gate must not say together, with itself or with the steps it stands between.

import { formatDuration } from '../duration.ts'
import { formatWeight } from '../figures.ts'
import type { GateSpec } from '../gate-spec.ts'
import { timeoutOf } from '../gates.ts'
import { type Contradiction, contradiction } from './contradiction.ts'

/** `full`: the most that a canary holds before promotion. */
export const inGates = (gates: readonly GateSpec[], full: number): Contradiction[] =>
  gates.flatMap((gate, i) => {
    const at = `release.gates.${i}`
    return [...reach(gate, full, at), ...(gate.hook ? hook(gate, at) : approval(gate, at))]
  })

const reach = ({ before }: GateSpec, full: number, at: string): Contradiction[] =>
  contradiction(
    before !== 'promotion' && before > full,
    [`${at}.before`],
    `no weight before promotion reaches ${formatWeight(Number(before))}: the canary holds at most ${formatWeight(full)} until then; write before: promotion`,
  )

const peopleOnly = ['approvers', 'approvals', 'notPusher', 'remind'] as const

function hook(gate: GateSpec, at: string): Contradiction[] {
  const { url, command } = gate.hook ?? {}
  const given = peopleOnly.find((key) => gate[key] !== undefined)
  return [
    ...contradiction(
      given !== undefined,
      [`${at}.${given}`, `${at}.hook`],
      `a gate asks people or another program, and ${given} is about people; write two gates before the same weight`,
    ),
    ...contradiction(
      url === undefined && command === undefined,
      [`${at}.hook`],
      'calls nothing; give url or command',
    ),
    ...contradiction(
      url !== undefined && command !== undefined,
      [`${at}.hook.command`, `${at}.hook.url`],
      'a hook calls an address or runs a command; keep one of url and command, or write two gates',
    ),
  ]
}

function approval(gate: GateSpec, at: string): Contradiction[] {
  const { approvers = [], approvals = 1, remind } = gate
  const people = new Set(approvers).size
  return [
    ...contradiction(
      people > 0 && approvals > people,
      [`${at}.approvals`, `${at}.approvers`],
      `${approvals} different people must approve, and only ${people} may; name more approvers, or lower approvals`,
    ),
    ...contradiction(
      remind !== undefined && remind >= timeoutOf(gate),
      [`${at}.remind`],
      `the first reminder would come after ${formatDuration(remind ?? 0)}, when the gate's time of ${formatDuration(timeoutOf(gate))} is over; lower remind, or raise timeout`,
    ),
  ]
}
