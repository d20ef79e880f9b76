// The API: what happens outside becomes a message to a workflow. Reads the settings, makes the parts, joins them.
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import type { AppRef } from '../domain/app.ts'
import { gitHubForge } from '../platform/forge/github.ts'
import { gitHub } from '../platform/github/client.ts'
import { kinds } from '../platform/kinds.ts'
import { kubernetes as connectKubernetes } from '../platform/kubernetes.ts'
import { type ApiSettings, apiSettings, type GitHubAppSettings, readSecret } from '../platform/settings.ts'
import { isUnder } from '../platform/source/repository.ts'
import { declaredApps } from './apps.ts'
import { buttons } from './buttons.ts'
import { commandAnswers, temporalAsk } from './commands.ts'
import { patience, redeliveries } from './deliveries.ts'
import { events } from './events.ts'
import { follower } from './follow.ts'
import { gitBackend } from './git-backend.ts'
import { installHook } from './git-hook.ts'
import { gitRemote } from './git-remote.ts'
import { alive, type Check, lately, readiness, writable } from './health.ts'
import { listen } from './listen.ts'
import { liveAnswers } from './live.ts'
import { jsonLog } from './log.ts'
import { appLooks, objectKey } from './looks.ts'
import { prometheusMetrics } from './metrics.ts'
import { oldCommands } from './old-commands.ts'
import { ownAccount } from './own-account.ts'
import { builtPage } from './page.ts'
import { temporalPlans } from './plans.ts'
import { pushes } from './pushes.ts'
import { queue } from './queue.ts'
import { releasePages } from './release-pages.ts'
import { seenReleases } from './releases.ts'
import { bareRepositories } from './repositories.ts'
import { routes } from './routes.ts'
import { type Route, server } from './server.ts'
import { temporalSources } from './sources.ts'
import { ownRepositories, sweep } from './sweep.ts'
import { eventsToken, gitTokens } from './tokens.ts'
import { admission, clusterJudge } from './visitor.ts'
import { informerOf, watch } from './watch.ts'
import { githubWebhook, webhookSecrets } from './webhooks.ts'

const settings = apiSettings()
const log = jsonLog('slipway-api')
const metrics = prometheusMetrics()
const kubernetes = connectKubernetes({ kubeconfig: settings.kubeconfig })
const connection = Connection.lazy({ address: settings.temporal.address })
const temporal = new Client({ connection, namespace: settings.temporal.namespace })
const sources = temporalSources(temporal, metrics)

const lookQueue = queue({ name: 'looks', handle: (key) => look(key), log })
const appObjects = watch({
  kind: 'apps',
  informer: informerOf(kubernetes.config, kinds.App),
  onSeen: (object) => lookQueue.add(objectKey(object)),
  onGone: (object) => lookQueue.add(objectKey(object)),
  log,
})
const releaseObjects = watch({
  kind: 'releases',
  informer: informerOf(kubernetes.config, kinds.Release),
  log,
})
const apps = declaredApps(kubernetes, kinds.App, appObjects)
const releases = seenReleases(kubernetes, kinds.Release, releaseObjects)
const look = appLooks(apps, sources)

const commandQueue = queue({ name: 'commands', handle: (key) => answerCommand(key), log })
const commandObjects = watch({
  kind: 'commands',
  informer: informerOf(kubernetes.config, kinds.Command),
  onSeen: (object) => commandQueue.add(objectKey(object)),
  log,
})
const answerCommand = commandAnswers({
  kubernetes,
  kind: kinds.Command,
  watched: commandObjects,
  releases,
  declared: async ({ namespace, name }) => (await kubernetes.get(kinds.App, namespace, name)) !== undefined,
  ask: temporalAsk(temporal),
  metrics,
})
const tidy = oldCommands({ kubernetes, kind: kinds.Command, watched: commandObjects, log })
const tidying = setInterval(() => void tidy(), 600_000)

const watches = [appObjects, releaseObjects, commandObjects]
const temporalAnswers = lately(() =>
  connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({})),
)
const git = await gitRemoteOf(settings)

const github = settings.github && gitHubApp(settings.github)

const webhook = githubWebhook({
  buttons: github?.buttons,
  plans: github && temporalPlans(temporal),
  secrets: settings.webhookSecretFile ? webhookSecrets(readSecret(settings.webhookSecretFile)) : [],
  apps,
  ready: appObjects.synced,
  sources,
  installations: settings.githubInstallations,
  metrics,
  log,
})
const cloudEvents = events({
  token: settings.eventsTokenFile ? eventsToken(readSecret(settings.eventsTokenFile)) : undefined,
  apps,
  ready: appObjects.synced,
  sources,
  metrics,
  log,
})
const closing = new AbortController()
const pages = releasePages({
  releases,
  admit: admission({ judge: clusterJudge(kubernetes.config) }),
  namespace: settings.appNamespace,
  ready: releaseObjects.synced,
  live: liveAnswers({ closing: closing.signal }),
  repositoryOf: shownRepository(settings),
})
const page = builtPage(fileURLToPath(new URL('../dashboard', import.meta.url)))

const ready = readiness({
  temporal: temporalAnswers.check,
  kubernetes: () => (watches.every((one) => one.synced()) ? undefined : 'the watch is not up to date'),
  ...git?.checks,
})
const table = routes({ alive, ready, metrics, webhook, events: cloudEvents, pages, page, git: git?.answer })

const listening = await listen(server({ routes: table, metrics, log }).fetch, settings.listen)
log.info({ addresses: listening.addresses }, 'listening')

let stopping = false
async function stop(signal: string): Promise<void> {
  if (stopping) return
  stopping = true
  log.info({ signal }, 'stopping')
  closing.abort()
  git?.stop()
  github?.stop()
  temporalAnswers.stop()
  clearInterval(tidying)
  for (const one of [lookQueue, commandQueue]) one.stop()
  await Promise.all([listening.drain(20_000), ...watches.map((one) => one.stop())])
  await connection.close()
  log.info('stopped')
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))

/** What Slipway does as a GitHub App: its buttons, and asking for what did not arrive. */
function gitHubApp({ url, appId, keyFile }: GitHubAppSettings) {
  const client = gitHub({ url, appId, key: () => readSecret(keyFile), onLimited: metrics.limited })
  const catchUp = redeliveries({ asApp: client.asApp, metrics, log })
  let timer: NodeJS.Timeout | undefined
  // What is delivered before the Apps are known would have to be asked for once more.
  const start = setInterval(() => {
    if (!appObjects.synced()) return
    clearInterval(start)
    timer = setInterval(() => void catchUp(), patience.round)
    void catchUp()
  }, 1_000)
  return {
    buttons: buttons({
      appId,
      kubernetes,
      kind: kinds.Command,
      apps,
      ready: () => appObjects.synced() && releaseObjects.synced(),
      releases,
      permission: gitHubForge(client).permission,
      account: ownAccount(kubernetes.config),
      log,
    }),
    stop: () => {
      clearInterval(timer)
      clearInterval(start)
    },
  }
}

/** The built-in git remote shows commits to git alone. */
function shownRepository({ git: { url } }: ApiSettings) {
  return ({ namespace, name }: AppRef): string | undefined => {
    const repository = apps.get(namespace, name)?.source?.repository
    return repository && url && isUnder(url, repository) ? undefined : repository
  }
}

interface Git {
  readonly answer: Route['answer']
  readonly checks: Readonly<Record<string, Check>>
  readonly stop: () => void
}

/** The built-in git remote; undefined when the settings name no folder for it. */
async function gitRemoteOf({ git, appNamespace, pushFollow }: ApiSettings): Promise<Git | undefined> {
  const { root, url: gitUrl, pushTokenFile, fetchTokenFile } = git
  if (!root) return undefined
  if (!gitUrl || !pushTokenFile || !fetchTokenFile) {
    throw new Error(
      'cannot serve the git remote: set SLIPWAY_GIT_URL, SLIPWAY_GIT_PUSH_TOKEN_FILE and ' +
        'SLIPWAY_GIT_FETCH_TOKEN_FILE beside SLIPWAY_GIT_ROOT',
    )
  }
  const repositories = bareRepositories(root)
  const tokens = gitTokens({ push: readSecret(pushTokenFile), fetch: readSecret(fetchTokenFile) })
  const backend = gitBackend({ root, hooks: await installHook(root), log })
  const joined = { apps, repositories, sources, gitUrl, appNamespace }
  const behind = queue({ name: 'sweep', handle: sweep(joined), log })
  const closing = new AbortController()
  const received = pushes({
    ...joined,
    follow: follower({ releases, sources, atMost: pushFollow, closing: closing.signal }),
    later: behind.add,
    log,
  })
  const timer = setInterval(() => {
    for (const repository of ownRepositories(apps.list(), gitUrl)) behind.add(repository)
    repositories.news().then(
      (names) => names.forEach(behind.add),
      (error: unknown) => log.warn({ error }, 'the git root could not be read'),
    )
  }, 60_000)
  return {
    answer: gitRemote({ tokens, repositories, backend, received, log }),
    checks: { 'git root': writable(root) },
    stop: () => {
      closing.abort()
      clearInterval(timer)
      behind.stop()
    },
  }
}
