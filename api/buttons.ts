// A button on the commit: who clicked it is looked up, and what they ask goes through the one door, as a Command in their name.
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { type AppRef, appKey } from '../domain/app.ts'
import { isBad, type Outcome, releaseName, releaseWorkflowId } from '../domain/release.ts'
import type { Custom, Kind } from '../platform/kinds.ts'
import type { Kubernetes } from '../platform/kubernetes.ts'
import type { Apps } from './apps.ts'
import { concernedBy, notDurable, type Result } from './hints.ts'
import type { Releases, SeenRelease } from './releases.ts'

/**
 * What a button can ask for. Slipway's account needs each of them as a verb: manifests/install/roles.yaml. Promoting is none:
 * it overrules the judge and the gates, and who may write in a repository may not do that in a cluster.
 */
export const buttonVerbs = ['approve', 'abort', 'rollback', 'retry'] as const
export type ButtonVerb = (typeof buttonVerbs)[number]

export interface Click {
  readonly verb: ButtonVerb
  /** The check run's own: the release that it shows, and at a gate the gate. */
  readonly externalId: string
  /** The commit that the check run stands on. */
  readonly sha: string
  /** How the repository may be called. */
  readonly urls: readonly string[]
  /** Who clicked. */
  readonly login: string
  /** What they clicked on, as it stood: GitHub signed this. */
  readonly stood: string
  /** How GitHub calls the delivery: this is not signed. */
  readonly delivery: string
  readonly reason: string
}

export interface Buttons {
  /** The GitHub App that Slipway is: only its check runs have buttons of ours. */
  readonly appId: number
  /** Returns when the Command is there, or nothing is to be done; fails when that cannot be said now. */
  readonly click: (click: Click) => Promise<Result>
  /** Clicks `retry` for each App of the repository whose newest release of this commit ended badly; undefined when none did. */
  readonly again: (commit: Omit<Click, 'verb' | 'externalId'>) => Promise<Result | undefined>
}

export interface ButtonOptions {
  readonly appId: number
  readonly kubernetes: Pick<Kubernetes, 'create' | 'get'>
  readonly kind: Kind<Custom>
  readonly apps: Pick<Apps, 'ofRepository'>
  readonly ready: () => boolean
  readonly releases: Pick<Releases, 'read' | 'ofApp'>
  /** What somebody may do in the repository, as its host says. */
  readonly permission: (repository: string, login: string) => Promise<string>
  /** What the API server calls Slipway's own account. */
  readonly account: () => Promise<string>
  readonly log: Pick<Logger, 'info' | 'warn'>
}

export function buttons(options: ButtonOptions): Buttons {
  const { appId, apps, ready, releases, permission, log } = options
  return {
    appId,
    click: clicked,
    again: async (commit) => {
      const retries = endedBadly(commit).map(({ release }) =>
        clicked({ ...commit, verb: 'retry', externalId: releaseWorkflowId(release) }),
      )
      return togetherOf(await Promise.all(retries))
    },
  }

  async function clicked(click: Click): Promise<Result> {
    const shown = shownBy(click)
    if (!shown) return { status: 'ignored:not-ours' }
    if (click.verb === 'approve' && !shown.gate) return { status: 'ignored:no-gate' }
    if (!ready()) throw notDurable('which Apps there are is not known yet')
    const subject = await orLater('read the release', subjectOf(shown, click))
    if (!subject) return { status: 'ignored:not-ours' }
    if (isReplaced(subject, click)) return { status: 'ignored:newer-release' }
    const may = await orLater('ask what this person may do', permission(subject.repository, click.login))
    return enough(may) ? commanded(subject, click) : refused(subject, click, may)
  }

  function endedBadly({ urls, sha }: Pick<Click, 'urls' | 'sha'>): readonly SeenRelease[] {
    const { told } = concernedBy({ apps, ready }, { urls })
    const newest = told.flatMap(
      ({ app }) => releases.ofApp(app).find(({ release }) => release.sha === sha) ?? [],
    )
    return newest.filter(({ outcome }) => isBad(outcome as Outcome))
  }

  /** The check run says which release; the cluster must agree in all else: the commit, and the repository it lies in. */
  async function subjectOf(shown: Shown, { sha, urls }: Click): Promise<Subject | undefined> {
    const seen = await releases.read(shown.namespace, shown.name)
    if (seen?.release.sha !== sha || releaseWorkflowId(seen.release) !== shown.workflowId) return undefined
    const key = appKey(seen.release.app)
    const source = urls.flatMap(apps.ofRepository).find(({ app }) => appKey(app) === key)?.source
    return source && { seen, gate: shown.gate, repository: source.repository }
  }

  /** A release ends once; but what is begun from its check run could be begun from a click of long ago, again and again. */
  function isReplaced({ seen: { release } }: Subject, { verb }: Click): boolean {
    if (verb !== 'retry' && verb !== 'rollback') return false
    return releases
      .ofApp(release.app)
      .filter((other) => other.release.sha === release.sha && other.release.seq > release.seq)
      .some(({ outcome }) => verb === 'retry' || outcome === 'promoted')
  }

  async function commanded(subject: Subject, click: Click): Promise<Result> {
    const { verb, login, delivery } = click
    const {
      name: release,
      release: { app },
    } = subject.seen
    const command = await orLater('create the Command', ask(options, subject, click))
    log.info({ release, verb, login, command, delivery }, 'a click became a Command')
    return { status: 'accepted', apps: [appKey(app)] }
  }

  function refused({ seen }: Subject, { verb, login, delivery }: Click, may: string): Result {
    const why = { release: seen.name, verb, login, permission: may, delivery }
    log.warn(why, 'a click was refused: it takes somebody who may write to the repository')
    return { status: 'refused:permission' }
  }

  async function orLater<T>(what: string, doing: Promise<T>): Promise<T> {
    return doing.catch((error: unknown) => {
      log.warn({ what, error }, 'a click cannot be answered now')
      throw notDurable(`Slipway cannot ${what}`, error)
    })
  }
}

/** What one person asked for at once has one answer: the first that was taken, else the first. */
function togetherOf(results: readonly Result[]): Result | undefined {
  const said = results.find(({ status }) => status === 'accepted') ?? results[0]
  return said && { ...said, ...(said.apps && { apps: results.flatMap(({ apps = [] }) => apps) }) }
}

/** What the click is about, once the cluster has confirmed it. */
interface Subject {
  readonly seen: SeenRelease
  readonly gate: string | undefined
  /** As the App declares it. */
  readonly repository: string
}

interface Shown {
  readonly workflowId: string
  readonly namespace: string
  readonly name: string
  readonly gate: string | undefined
}

/** `release/default/shop/7-3f2c1d0` and `release/default/shop/7-3f2c1d0/approve/before-50`. */
function shownBy({ externalId }: Click): Shown | undefined {
  const name = '[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?'
  const form = new RegExp(`^(release/(${name})/(${name})/(\\d{1,15})-[0-9a-f]{7})(?:/approve/(${name}))?$`)
  const [, workflowId, namespace, app, seq, gate] = form.exec(externalId) ?? []
  if (!workflowId || !namespace || !app) return undefined
  const release = { app: { namespace, name: app }, seq: Number(seq), sha: '' }
  return { workflowId, namespace, name: releaseName(release), gate }
}

/** Who may write could push. Whether an approval of theirs counts is for the gate to say. */
const enough = (permission: string): boolean => permission === 'admin' || permission === 'write'

/** A click's delivery, and the newest release of its App that had ended by then. */
const notes = { delivery: 'slipway.dev/delivery', ended: 'slipway.dev/ended' }
/** So often the same click may be made again; then what the last one led to stands. */
const turnsAtMost = 20

/** What GitHub signed names the Command: the same click is there already, under whatever name it is delivered. */
async function ask(
  { kubernetes, kind, account, releases }: ButtonOptions,
  { seen, gate }: Subject,
  click: Click,
): Promise<string> {
  const { verb, login, delivery, reason } = click
  const { namespace } = seen.release.app
  const by = await account()
  const step = verb === 'approve' && gate ? { step: gate } : {}
  const spec = { release: seen.name, verb, ...step, reason, by, onBehalfOf: `github:${login}` }
  const ended = releases.ofApp(seen.release.app).find(({ outcome }) => outcome)?.release.seq ?? 0
  const annotations = { [notes.delivery]: delivery, [notes.ended]: `${ended}` }
  let name = ''
  for (let turn = 1; turn <= turnsAtMost; turn += 1) {
    name = nameOf(seen.release.app, click, turn)
    const made = await kubernetes.create(kind, { metadata: { namespace, name, annotations }, spec })
    if (made || stands(await kubernetes.get(kind, namespace, name), delivery, ended)) return name
  }
  return name
}

/** Not the release: for all checks on a commit that is the newest, which is another one when the same click comes again. */
function nameOf(app: AppRef, { verb, sha, login, stood }: Click, turn: number): string {
  const signed = JSON.stringify([appKey(app), verb, sha, login, stood, turn])
  return `click-${createHash('sha256').update(signed).digest('hex').slice(0, 32)}`
}

/**
 * The check run may show nothing of why another click makes sense: the first one was refused, or what it began has ended. Then
 * another delivery is another click.
 */
function stands(command: Custom | undefined, delivery: string, ended: number): boolean {
  const noted = command?.metadata.annotations ?? {}
  if (!command || noted[notes.delivery] === delivery) return true
  return command.status?.state !== 'refused' && Number(noted[notes.ended]) >= ended
}
