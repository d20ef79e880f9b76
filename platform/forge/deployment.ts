// A release as a GitHub deployment: what it is sent, and which state it is in. Pure.
import { appKey } from '../../domain/app.ts'
import { firstLine } from '../../domain/figures.ts'
import {
  type Outcome,
  type Phase,
  type ReleaseRef,
  type ReleaseStatus,
  releaseName,
  releaseWorkflowId,
} from '../../domain/release.ts'
import { plain } from './markdown.ts'

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

/** Undefined until it deploys: what fails before that has deployed nothing. */
export function deploymentState({ phase, outcome, transitions }: ReleaseStatus): DeploymentState | undefined {
  const begun = deploys.has(phase) || transitions.some((one) => deploys.has(one.phase))
  if (!begun) return undefined
  return outcome ? states[outcome] : 'in_progress'
}

/** The defaults would merge the default branch into the commit, and wait for every status, this one's too. */
export const deployment = (release: ReleaseRef, gitHubApp: number) => ({
  ref: release.sha,
  task: 'deploy',
  auto_merge: false,
  required_contexts: [],
  environment: environment(release),
  production_environment: true,
  transient_environment: false,
  description: releaseName(release),
  payload: { release: releaseWorkflowId(release), gitHubApp },
})

/** `default/shop`. */
export const environment = ({ app }: ReleaseRef): string => appKey(app)

export interface Links {
  /** Where the App answers. */
  readonly address?: string | undefined
  /** The page about the release. */
  readonly details?: string | undefined
}

/** GitHub itself sets only deployments to inactive that are not in production; the older ones of these are ours to set. */
export const deploymentStatus = (
  state: DeploymentState,
  { outcome, message }: ReleaseStatus,
  { address, details }: Links,
) => ({
  state,
  auto_inactive: false,
  ...(outcome && { description: plain(firstLine(message), 140) }),
  // All names below one are no address that a person could open.
  ...(address !== undefined && !address.includes('*') && { environment_url: address }),
  ...(details !== undefined && { log_url: details }),
})

const deploys: ReadonlySet<Phase> = new Set(['deploying', 'rolling-out', 'baking', 'retiring'])

/** What was aborted or overtaken is not there any more, and nothing was wrong with it. */
const states: Record<Outcome, DeploymentState> = {
  promoted: 'success',
  'rolled-back': 'failure',
  failed: 'error',
  aborted: 'inactive',
  superseded: 'inactive',
  ignored: 'inactive',
}
