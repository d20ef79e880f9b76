// Check suites: a push asks every App to check a commit, and people ask for everything to be checked again.
import { folderOf } from './commits.ts'
import type { Parts } from './operation.ts'
import { checkSuiteShown, payloadOf, pushedCommit } from './payload.ts'
import { readCommit } from './repositories.ts'
import type { CheckSuite, Repository, User } from './state.ts'

export interface CheckSuiteEvent {
  readonly action: 'requested' | 'rerequested'
  readonly sender: User
  /** Where the branch was before it was pushed. */
  readonly before: string | null
}

/** Tells the App whose suite it is. */
export async function sendCheckSuite(
  { state, webhooks }: Pick<Parts, 'state' | 'webhooks'>,
  repository: Repository,
  suite: CheckSuite,
  { action, sender, before }: CheckSuiteEvent,
): Promise<void> {
  const head = await readCommit(folderOf(state, repository), suite.sha)
  const shown = checkSuiteShown(state, repository, suite, { status: 'queued', conclusion: null, before })
  const check_suite = {
    ...shown,
    latest_check_runs_count: repository.checkRuns.filter((run) => run.suite === suite).length,
    check_runs_url: `${shown.url}/check-runs`,
    head_commit: head ? pushedCommit(state, repository, head) : null,
  }
  webhooks.send(suite.app, 'check_suite', {
    ...payloadOf(state, repository, suite.app, sender),
    action,
    check_suite,
  })
}

export async function rerequestAll(
  parts: Pick<Parts, 'state' | 'webhooks'>,
  repository: Repository,
  sha: string,
  sender: User,
): Promise<void> {
  const event = { action: 'rerequested', sender, before: null } as const
  for (const suite of repository.checkSuites.filter((one) => one.sha === sha)) {
    await sendCheckSuite(parts, repository, suite, event)
  }
}
