// What a push of a commit's file would do, told before it is pushed: who asks for it, under which name, and what is answered.
import type { AppRef } from './app.ts'
import type { Outlook } from './outlook.ts'

/** Arguments of the workflow `foresee`: a commit that is offered to the App's branch. */
export interface ForeseeInput {
  readonly app: AppRef
  readonly sha: string
  /** It lies in somebody else's copy of the repository: nothing of it is read. */
  readonly fork: boolean
}

export type Foreseen = Pick<ForeseeInput, 'app' | 'sha'>

/** What its check run is known again by: `plan/default/shop/` and the whole commit. */
export const foreseenId = ({ app, sha }: Foreseen): string => `plan/${app.namespace}/${app.name}/${sha}`

/** The way back; undefined for any other id. */
export function foreseenBy(id: string): Foreseen | undefined {
  const [what, namespace, name, sha, ...rest] = id.split('/')
  if (what !== 'plan' || !namespace || !name || !sha || rest.length > 0) return undefined
  return { app: { namespace, name }, sha }
}

/** `plan/default/shop/3f2c1d0`: the same commit asked for twice is foreseen once. What is never read does not stand in for what is. */
export const foreseeWorkflowId = ({ app, sha, fork }: ForeseeInput): string =>
  `plan/${app.namespace}/${app.name}/${sha.slice(0, 7)}${fork ? '/fork' : ''}`

export interface Foretold {
  readonly app: AppRef
  readonly sha: string
  /** When it was so. */
  readonly at: number
  readonly foresight: Foresight
}

export type Foresight =
  | { readonly kind: 'taken'; readonly outlook: Outlook }
  /** In the release's own words: `slipway.yaml:7:5 spec.run.prot: unknown key`. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'fork' }
