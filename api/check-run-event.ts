// GitHub's `check_run` event: somebody clicked a button on a check run of ours, or asked to run it again.
import { z } from 'zod'
import { appKey } from '../domain/app.ts'
import { type Foreseen, foreseenBy } from '../domain/foresight.ts'
import { type Buttons, type ButtonVerb, buttonVerbs, type Click } from './buttons.ts'
import { Account, Id, Installation, Repository, urlsOf } from './github-payload.ts'
import { concernedBy, durable, type HintOptions, type Result } from './hints.ts'
import { Commit, parsed } from './payload.ts'
import type { Plans } from './plans.ts'
import type { JsonObject } from './strict-json.ts'

const CheckRunEvent = z.object({
  action: z.string(),
  check_run: z.object({
    id: Id,
    head_sha: Commit,
    external_id: z.string().nullish(),
    status: z.string().nullish(),
    conclusion: z.string().nullish(),
    completed_at: z.string().nullish(),
    app: z.object({ id: Id }).nullish(),
  }),
  requested_action: z.object({ identifier: z.string() }).nullish(),
  repository: Repository,
  sender: Account,
  installation: Installation,
})
type CheckRunEvent = z.infer<typeof CheckRunEvent>

export interface CheckRunOptions extends Pick<HintOptions, 'apps' | 'ready'> {
  readonly buttons?: Buttons | undefined
  readonly plans?: Plans | undefined
}

/** Without buttons Slipway is no GitHub App, and no check run is its own. */
export async function checkRun(
  payload: JsonObject,
  delivery: string,
  { buttons, plans, ...known }: CheckRunOptions,
): Promise<Result> {
  const event = parsed(CheckRunEvent, payload, 'check_run')
  if (event.action !== 'requested_action' && event.action !== 'rerequested')
    return { status: 'ignored:action' }
  // Every App hears of every App's check runs: an external id is only a word of ours in a run that is ours.
  if (!buttons || event.check_run.app?.id !== buttons.appId) return { status: 'ignored:not-ours' }
  const plan = planOf(event)
  if (plan && plans) return planAgain(event, plan, known, plans)
  const verb = verbOf(event)
  return verb ? buttons.click(clickOf(event, verb, delivery)) : { status: 'ignored:button' }
}

/** To run it again is to try the release again. A gate is not tried again: it waits. */
function verbOf({ action, check_run, requested_action }: CheckRunEvent): ButtonVerb | undefined {
  if (action === 'rerequested') return check_run.external_id?.includes('/approve/') ? undefined : 'retry'
  return buttonVerbs.find((verb) => verb === requested_action?.identifier)
}

/** What was shown for a pull request, on this very commit. */
function planOf({ action, check_run: { external_id, head_sha } }: CheckRunEvent): Foreseen | undefined {
  if (action !== 'rerequested') return undefined
  const plan = foreseenBy(external_id ?? '')
  return plan?.sha === head_sha ? plan : undefined
}

/** As things stand now: what runs may be another revision than when it was shown. Nothing of a fork was read, or will be. */
async function planAgain(
  { check_run, repository }: CheckRunEvent,
  { app, sha }: Foreseen,
  known: Pick<HintOptions, 'apps' | 'ready'>,
  plans: Plans,
): Promise<Result> {
  if (check_run.conclusion === 'neutral') return { status: 'ignored:fork' }
  const { told, nobody } = concernedBy(known, { urls: urlsOf(repository) })
  if (nobody) return { status: `ignored:${nobody}` }
  const key = appKey(app)
  if (!told.some((one) => appKey(one.app) === key)) return { status: 'ignored:not-ours' }
  await durable(plans.foresee({ app, sha, fork: false }))
  return { status: 'accepted', apps: [key] }
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
  stood: stoodAs(check_run),
  delivery,
  reason: action === 'rerequested' ? 're-run on the check run' : 'button on the check run',
})

/** Not what it tells meanwhile: that may be another by the time of the same click's next delivery. */
const stoodAs = ({ id, status, conclusion, completed_at }: CheckRunEvent['check_run']): string =>
  ['check run', id, status, conclusion, completed_at].join(' ')
