// The route's state: who holds which share of the traffic, and the epoch that fences late writers.

/** `seq.n`: the release's number and the count of its traffic writes. A lower one is refused. */
export interface Epoch {
  readonly seq: number
  readonly n: number
}

export const formatEpoch = ({ seq, n }: Epoch): string => `${seq}.${n}`

/** Reads `7.3`; undefined for anything else. */
export function parseEpoch(text: string | undefined): Epoch | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? '')
  if (!match) return undefined
  return { seq: Number(match[1]), n: Number(match[2]) }
}

/** Negative when `a` is older than `b`. */
export const compareEpochs = (a: Epoch, b: Epoch): number => a.seq - b.seq || a.n - b.n

/** A revision's share, in thousandths. A route's weights sum to 1000. */
export interface Weight {
  readonly revision: string
  readonly weight: number
}

/** What a route carries: its weights, and the epoch of the write that set them. */
export interface RouteState {
  /** Empty: every host that the gateway accepts. */
  readonly hosts: readonly string[]
  readonly weights: readonly Weight[]
  readonly epoch: Epoch
  /** The revision that a rescue returns to: it held the traffic before the running release. */
  readonly stable: string
}

/** Whether both give every revision the same share; one that is not listed holds nothing. */
export function sameWeights(a: readonly Weight[], b: readonly Weight[]): boolean {
  const share = (weights: readonly Weight[], revision: string) =>
    weights.find((one) => one.revision === revision)?.weight ?? 0
  return [...a, ...b].every(({ revision }) => share(a, revision) === share(b, revision))
}
