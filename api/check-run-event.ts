// GitHub's `check_run` event: somebody clicked a button on a check run of ours, or asked to run it again.
import { z } from 'zod'
import { type Buttons, type ButtonVerb, buttonVerbs, type Click } from './buttons.ts'
import { Account, Id, Installation, Repository, urlsOf } from './github-payload.ts'
import type { Result } from './hints.ts'
import { Commit, parsed } from './payload.ts'
import type { JsonObject } from './strict-json.ts'

const CheckRunEvent = z.object({
  action: z.string(),
  check_run: z.object({
    head_sha: Commit,
    external_id: z.string().nullish(),
    app: z.object({ id: Id }).nullish(),
  }),
  requested_action: z.object({ identifier: z.string() }).nullish(),
  repository: Repository,
  sender: Account,
  installation: Installation,
})
type CheckRunEvent = z.infer<typeof CheckRunEvent>

/** Without buttons Slipway is no GitHub App, and no check run is its own. */
export async function checkRun(
  payload: JsonObject,
  delivery: string,
  buttons: Buttons | undefined,
): Promise<Result> {
  const event = parsed(CheckRunEvent, payload, 'check_run')
  if (event.action !== 'requested_action' && event.action !== 'rerequested')
    return { status: 'ignored:action' }
  // Every App hears of every App's check runs: an external id is only a word of ours in a run that is ours.
  if (!buttons || event.check_run.app?.id !== buttons.appId) return { status: 'ignored:not-ours' }
  const verb = verbOf(event)
  return verb ? buttons.click(clickOf(event, verb, delivery)) : { status: 'ignored:button' }
}

/** To run it again is to try the release again. A gate is not tried again: it waits. */
function verbOf({ action, check_run, requested_action }: CheckRunEvent): ButtonVerb | undefined {
  if (action === 'rerequested') return check_run.external_id?.includes('/approve/') ? undefined : 'retry'
  return buttonVerbs.find((verb) => verb === requested_action?.identifier)
}

const clickOf = (
  { action, check_run, repository, sender }: CheckRunEvent,
  verb: ButtonVerb,
  delivery: string,
): Click => ({
  verb,
  externalId: check_run.external_id ?? '',
  sha: check_run.head_sha,
  urls: urlsOf(repository),
  login: sender.login,
  delivery,
  reason: action === 'rerequested' ? 're-run on the check run' : 'button on the check run',
})
