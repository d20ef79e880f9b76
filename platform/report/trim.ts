// Makes a status fit into an object. The first line of a history, the last one and every decision stay longest.
import type { Evidence } from '../../domain/judge/judge.ts'
import { shortened } from '../../domain/long-message.ts'
import type { ReleaseStatus, Transition } from '../../domain/release.ts'

/** An object of 64 KB, less its conditions and its metadata. An etcd value may be larger; what caches carry about should not be. */
const limit = 56 * 1024

type History = readonly Transition[]

export function trimmed(status: ReleaseStatus): ReleaseStatus {
  const short = { ...status, message: cut(status.message), transitions: status.transitions.map(withCut) }
  const fits = (transitions: History) => size({ ...short, transitions }) <= limit
  if (fits(short.transitions)) return short
  let transitions: History = short.transitions.map(rounded)
  for (const lessen of [withoutRemarks, withoutNumbers, withoutMiddle]) {
    for (let before: History = []; !fits(transitions) && transitions !== before; ) {
      before = transitions
      transitions = lessen(before)
    }
  }
  return { ...short, transitions }
}

const size = (status: ReleaseStatus): number => Buffer.byteLength(JSON.stringify(status))
const cut = (message: string): string => shortened(message, 4000)
const withCut = (transition: Transition): Transition => ({
  ...transition,
  message: cut(transition.message),
})

/** Four digits of each measure are enough to read; counts stay whole. */
function rounded({ evidence, ...transition }: Transition): Transition {
  if (!evidence?.test) return { ...transition, ...(evidence && { evidence }) }
  const digits = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
  const test = JSON.parse(JSON.stringify(evidence.test, digits)) as Evidence['test'] & object
  return { ...transition, evidence: { ...evidence, test } }
}

/** What decided nothing goes first: nothing was counted for it, and neither phase nor weight changed with it. */
function withoutRemarks(transitions: History): History {
  const isRemark = ({ phase, weight, evidence }: Transition, index: number) => {
    const before = transitions[index - 1]
    return !evidence && before?.phase === phase && before.weight === weight
  }
  return leaveOut(transitions, isRemark)
}

/** Then numbers, from the middle, an eighth at a time: that it was decided stays. The same object when there are none left. */
function withoutNumbers(transitions: History): History {
  const counted = inner(transitions).filter((index) => transitions[index]?.evidence)
  if (counted.length === 0) return transitions
  const chosen = new Set(middle(counted))
  return transitions.map((transition, index) => {
    const { evidence: _, ...bare } = transition
    return chosen.has(index) ? bare : transition
  })
}

/** At last whole lines of the middle. */
function withoutMiddle(transitions: History): History {
  const lines = inner(transitions).filter((index) => leftOut(transitions[index]?.message) === 0)
  const chosen = new Set(middle(lines))
  return leaveOut(transitions, (_, index) => chosen.has(index))
}

/** All but the first and the last. */
const inner = (transitions: History): readonly number[] => [...transitions.keys()].slice(1, -1)

/** Half of the rest at a time would lose too much, one at a time would take too long. */
function middle(indices: readonly number[]): readonly number[] {
  const count = Math.ceil(indices.length / 8)
  const from = Math.floor((indices.length - count) / 2)
  return indices.slice(from, from + count)
}

/** Without what goes, and a line that says so in the place of each run of it; the same object when nothing goes. */
function leaveOut(transitions: History, goes: (transition: Transition, index: number) => boolean): History {
  const lines = inner(transitions).filter((index) => leftOut(transitions[index]?.message) === 0)
  const gone = new Set(lines.filter((index) => goes(transitions[index] as Transition, index)))
  if (gone.size === 0) return transitions
  const leaves = (index: number) => gone.has(index) || leftOut(transitions[index]?.message) > 0
  let left = 0
  return transitions.flatMap((transition, index) => {
    if (!leaves(index)) return [transition]
    left += leftOut(transition.message) || 1
    if (leaves(index + 1)) return []
    const { at, phase, weight } = transition
    const mark = { at, phase, weight, message: `${left} transitions are left out here` }
    left = 0
    return [mark]
  })
}

/** How many lines a line stands for that were left out; 0 for a line of its own. */
export const leftOut = (message = ''): number =>
  Number(/^(\d+) transitions are left out here$/.exec(message)?.[1] ?? 0)
