// Makes a status fit into an object: what is told first and last stays, the middle goes.
import type { ReleaseStatus, Transition } from '../../domain/release.ts'

/** An etcd value may be larger; what people and caches carry about should not be. */
const limit = 60 * 1024

export function trimmed(status: ReleaseStatus): ReleaseStatus {
  const short = { ...status, message: cut(status.message), transitions: status.transitions.map(shortened) }
  let transitions: readonly Transition[] = short.transitions
  while (size({ ...short, transitions }) > limit && transitions.length > 3)
    transitions = withoutMiddle(transitions)
  return { ...short, transitions }
}

const size = (status: ReleaseStatus): number => Buffer.byteLength(JSON.stringify(status))
const cut = (text: string): string => (text.length > 4000 ? `${text.slice(0, 3999)}…` : text)
const shortened = (transition: Transition): Transition => ({
  ...transition,
  message: cut(transition.message),
})

/** Half of the rest at a time would lose too much, one at a time would take too long: an eighth, and a line that says so. */
function withoutMiddle(transitions: readonly Transition[]): readonly Transition[] {
  const from = Math.floor(transitions.length / 2) - Math.floor(transitions.length / 16)
  const count = Math.max(2, Math.floor(transitions.length / 8))
  const gone = transitions.slice(from, from + count)
  const last = gone.at(-1)
  if (!last) return transitions
  const left = gone.reduce((sum, { message }) => sum + leftOut(message), 0)
  const { at, phase, weight } = last
  const mark = { at, phase, weight, message: `${left} transitions are left out here` }
  return [...transitions.slice(0, from), mark, ...transitions.slice(from + count)]
}

const leftOut = (message: string): number =>
  Number(/^(\d+) transitions are left out here$/.exec(message)?.[1] ?? 1)
