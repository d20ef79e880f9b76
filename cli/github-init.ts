// `slipway github init`: registers Slipway with GitHub by one click, and keeps what GitHub answers as a Secret.
import { randomBytes } from 'node:crypto'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { codeFromBrowser } from './github-callback.ts'
import { exchange, type Registered } from './github-exchange.ts'
import { manifest, type Place, placeOf, registerAddress, webhookAddress } from './github-manifest.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { type Keeper, type Kept, type Registration, registrationIn, secretName } from './registration.ts'

export interface GithubInitOptions {
  /** The organization that is to own the App; without one the person does. */
  readonly org?: string
  readonly name?: string
  readonly url: string
  readonly webhookUrl?: string
  readonly port?: number
  readonly replace: boolean
}

/** As long as GitHub's code is good. */
const anHour = 3_600_000

export async function githubInit(invocation: Invocation, options: GithubInitOptions): Promise<ExitCode> {
  const place = placeOf(options.url)
  const webhook = options.webhookUrl === undefined ? undefined : webhookAddress(options.webhookUrl, place)
  const { keeper } = await invocation.github()
  const found = await keeper.find()
  if (found && !options.replace) throw there()
  const app = await registered(invocation, { ...options, place, webhook }, async (code) => {
    const handed = await exchange(place, code)
    await keep(keeper, { url: place.api, ...handed }, found)
    return handed
  })
  const done = { ...app, place, webhook, before: found && before(found) }
  if (invocation.json) answerJson(invocation, document(done))
  else answerLines(invocation, told(done))
  return exitCodes.ok
}

const there = (): Exit =>
  new Exit(exitCodes.error, `Secret ${secretName} exists already: Slipway is registered with GitHub`, {
    advice:
      'How it stands there: slipway github status\nTo register anew and replace it: slipway github init --replace',
  })

interface Asked extends GithubInitOptions {
  readonly place: Place
  readonly webhook: string | undefined
}

/** Waits for the person in the browser. */
async function registered(
  { screen, timeout }: Invocation,
  asked: Asked,
  redeem: (code: string) => Promise<Registered>,
): Promise<Registered> {
  const { org, place, webhook, port = 0, name = defaultName(org) } = asked
  const signal = AbortSignal.timeout(timeout ?? anHour)
  const visit = codeFromBrowser(
    {
      port,
      signal,
      begin: ({ address, back, state }) => {
        screen.err(`Open this in a browser on this machine, and agree there:\n\n  ${address}\n\n`)
        return {
          action: registerAddress(place, org, state),
          manifest: manifest({ name, webhook, callback: back, web: place.web }),
        }
      },
    },
    redeem,
  )
  return visit.catch((error: unknown) => {
    if (error !== signal.reason) throw error
    throw new Exit(exitCodes.timedOut, 'GitHub sent nobody back in time; nothing was stored', {
      advice: 'If the App is there already, delete it in its settings. Then begin anew: slipway github init',
      cause: error,
    })
  })
}

/** App names are unique in all of GitHub; the person may still change it there. */
const defaultName = (org: string | undefined): string =>
  `slipway-${org ?? randomBytes(3).toString('hex')}`.slice(0, 34)

async function keep(keeper: Keeper, app: Registration & Registered, found: Kept | undefined): Promise<void> {
  const lost = (why: string, code: ExitCode, cause?: unknown) =>
    new Exit(code, `the App ${app.slug} is registered, but its key could not be stored: ${why}`, {
      advice: 'Delete the App in its settings, put right what is wrong, and begin anew: slipway github init',
      cause,
    })
  const { url, id, key, webhookSecret } = app
  const kept = await keeper.keep({ url, id, key, webhookSecret }, found).catch((error: unknown) => {
    if (!(error instanceof Exit)) throw error
    throw lost(error.message, error.code, error)
  })
  if (!kept) throw lost(`Secret ${secretName} was written by another meanwhile`, exitCodes.error)
}

/** The App that the Secret was for, as far as it says. */
function before(found: Kept): number | undefined {
  try {
    return registrationIn(found).id
  } catch {
    return undefined
  }
}

interface Done extends Registered {
  readonly place: Place
  readonly webhook: string | undefined
  readonly before: number | undefined
}

const document = ({ id, slug, page, place, webhook, before }: Done) => ({
  app: { id, slug, page, url: place.api },
  install: `${page}/installations/new`,
  secret: secretName,
  webhook: webhook ?? null,
  replaced: before ?? null,
})

const told = (done: Done): readonly string[] => [
  `Registered ${done.slug} (App ${done.id}); its key and webhook secret are in Secret ${secretName}.`,
  ...remarks(done),
  '',
  'Next:',
  `  1. Install it on your repositories: ${done.page}/installations/new`,
  `  2. Tell Slipway's programs: SLIPWAY_GITHUB_APP_ID=${done.id}${done.place.api === publicApi ? '' : `, SLIPWAY_GITHUB_URL=${done.place.api}`}, and the Secret's`,
  '     private-key and webhook-secret as SLIPWAY_GITHUB_KEY_FILE and SLIPWAY_WEBHOOK_SECRET_FILE.',
  '  3. Declare an App whose spec.source.repository is one of them, and push to its branch.',
  'How it stands: slipway github status',
]

const publicApi = 'https://api.github.com'

function remarks({ before, webhook, ownSecret }: Done): readonly string[] {
  const remaining =
    before === undefined
      ? []
      : [`The App of before, ${before}, is still at GitHub: delete it in its settings.`]
  if (webhook === undefined)
    return [
      ...remaining,
      'GitHub sends nothing: branches are looked at once a minute, and buttons do nothing.',
    ]
  if (!ownSecret) return remaining
  return [...remaining, `GitHub made no webhook secret: set the one of the Secret in the App's settings.`]
}
