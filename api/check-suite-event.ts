// GitHub's `check_suite` event: somebody asked for all checks on a commit again.
import { z } from 'zod'
import type { Buttons } from './buttons.ts'
import { Account, Id, Installation, Repository, urlsOf } from './github-payload.ts'
import type { Hints, Result } from './hints.ts'
import { Commit, parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

const CheckSuiteEvent = z.object({
  action: z.string(),
  check_suite: z.object({
    id: Id,
    head_branch: z.string().nullish(),
    head_sha: Commit,
    updated_at: z.string().nullish(),
    app: z.object({ id: Id }).nullish(),
  }),
  repository: Repository,
  sender: Account,
  installation: Installation,
})
type CheckSuiteEvent = z.infer<typeof CheckSuiteEvent>

/** To run all checks again is to look again, and to try again what ended badly on this commit. */
export async function checkSuite(
  payload: JsonObject,
  delivery: string,
  tell: Hints,
  buttons: Buttons | undefined,
): Promise<Result> {
  const event = parsed(CheckSuiteEvent, payload, 'check_suite')
  if (event.action !== 'rerequested') return { status: 'ignored:action' }
  const looked = await look(event, delivery, tell)
  return (await tryAgain(event, delivery, buttons)) ?? looked
}

async function look({ check_suite, repository }: CheckSuiteEvent, delivery: string, tell: Hints) {
  const { head_branch: branch } = check_suite
  return branch ? tell({ urls: urlsOf(repository), branch, delivery }) : { status: 'ignored:branch' }
}

/** Without buttons Slipway is no GitHub App, and no check suite is its own. */
async function tryAgain(
  { check_suite, repository, sender }: CheckSuiteEvent,
  delivery: string,
  buttons: Buttons | undefined,
): Promise<Result | undefined> {
  if (!buttons || check_suite.app?.id !== buttons.appId) return undefined
  return buttons.again({
    sha: check_suite.head_sha,
    urls: urlsOf(repository),
    login: sender.login,
    stood: ['check suite', check_suite.id, check_suite.updated_at].join(' '),
    delivery,
    reason: 're-run of all checks',
  })
}
