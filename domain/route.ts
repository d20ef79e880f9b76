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

/** Hosts that show one revision alone. */
export interface Preview {
  readonly hosts: readonly string[]
  readonly revision: string
}

/** What a write of the route wanted it to be. */
export interface Intent {
  /** Empty: every host that the gateway accepts. */
  readonly hosts: readonly string[]
  readonly weights: readonly Weight[]
  /** The revisions that whoever names them gets, whatever their weight. */
  readonly direct?: readonly string[]
  readonly preview?: Preview
}

/** What a route carries: its weights, and the epoch of the write that set them. */
export interface RouteState extends Intent {
  readonly epoch: Epoch
  /** The revision that a rescue returns to: it held the traffic before the running release. */
  readonly stable: string
  /** Why a person wrote it by hand: `aborted by ana: prices are wrong`. */
  readonly note?: string
  /** Another has changed it since: it is not as it was written. */
  readonly drift?: Drift
}

/** The difference between what was written and what is there. */
export interface Drift {
  /** For people: `the weights of HTTPRoute shop`. */
  readonly what: string
  /** Who made it, by the name of the field manager: `kubectl-edit`. */
  readonly manager: string
  readonly written: Intent
}

/** Whether both give every revision the same share; one that is not listed holds nothing. */
export function sameWeights(a: readonly Weight[], b: readonly Weight[]): boolean {
  const share = (weights: readonly Weight[], revision: string) =>
    weights.find((one) => one.revision === revision)?.weight ?? 0
  return [...a, ...b].every(({ revision }) => share(a, revision) === share(b, revision))
}
