// Tells people through Kubernetes: Release objects, Events, the App's status. Release objects are what is remembered.
import { z } from 'zod'
import type { AppRef } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { formatWeight } from '../../domain/figures.ts'
import { type ReleaseStatus, releaseName } from '../../domain/release.ts'
import { appLabels } from '../deploy/objects.ts'
import { type Custom, type Kind, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import type { AppEvent, Report } from '../platform.ts'
import { isLate } from './late.ts'
import { appConditions, appEvent, releaseConditions, releaseEvent, releaseObject } from './objects.ts'
import { trimmed } from './trim.ts'

export interface ReportOptions {
  readonly kube: Kubernetes
  readonly now?: () => number
}

export function kubernetesReport({ kube, now = Date.now }: ReportOptions): Report {
  return {
    release: (status) => tellRelease(kube, now, trimmed(status)),
    app: (app, status) =>
      update(kube, kinds.App, app, undefined, (there) => ({
        ...status,
        observedGeneration: there.metadata.generation ?? 1,
        conditions: appConditions(status, there, now()),
      })),
    recorded: async (release) => {
      const { app, sha } = release
      const found = await kube.get(kinds.Release, app.namespace, releaseName(release))
      // Of that name and of another commit: it is another release.
      if (!found || found.metadata.deletionTimestamp || found.spec?.sha !== sha) return undefined
      return asTold(app, found)
    },
    history: async (app) => {
      const found = await releasesOf(kube, app)
      return found
        .map((release) => asTold(app, release))
        .sort((a, b) => b.release.seq - a.release.seq)
        .slice(0, 50)
    },
    remembered: async ({ namespace, name }) => {
      const found = await kube.get(kinds.App, namespace, name)
      return found?.status && Remembered.parse(found.status)
    },
    unfinished: async () =>
      (await kube.list(kinds.Release, '', withoutOutcome)).map(({ metadata: { namespace }, spec }) => {
        const { app, seq, sha } = ReleaseSpec.parse(spec)
        return { app: { namespace, name: app }, seq, sha }
      }),
    happened: (app, event) => recordEvent(kube, app, event, now()),
    forget: (app, beyond) => forgetReleases(kube, app, beyond),
  }
}

/** An old release weighs up to 64 KB: the API server leaves out what nobody asks for. */
const withoutOutcome = { fields: { 'status.outcome': '' } }

/** An App that is gone has nobody to be told. */
async function recordEvent(kube: Kubernetes, { namespace, name }: AppRef, event: AppEvent, now: number) {
  const app = await kube.get(kinds.App, namespace, name)
  if (app) await kube.create(kinds.Event, appEvent(event, app, now))
}

/** What is being deleted is forgotten already. */
async function releasesOf(kube: Kubernetes, app: AppRef): Promise<readonly Stored<Custom>[]> {
  const found = await kube.list(kinds.Release, app.namespace, { labels: appLabels(app) })
  return found.filter(({ metadata }) => !metadata.deletionTimestamp)
}

const forgottenAtOnce = 100

/** One that has no outcome is never forgotten, however old. */
async function forgetReleases(kube: Kubernetes, app: AppRef, beyond: number): Promise<number> {
  const old = (await releasesOf(kube, app))
    .slice()
    .sort((a, b) => ReleaseSpec.parse(b.spec).seq - ReleaseSpec.parse(a.spec).seq)
    .slice(beyond)
    .filter(({ status }) => status?.outcome !== undefined)
    .slice(-forgottenAtOnce)
  for (const { metadata } of old) {
    await kube.remove(kinds.Release, metadata.namespace, metadata.name, { uid: metadata.uid })
  }
  return old.length
}

async function tellRelease(kube: Kubernetes, now: () => number, status: ReleaseStatus): Promise<boolean> {
  const { namespace } = status.release.app
  const name = releaseName(status.release)
  const known = await kube.get(kinds.Release, namespace, name)
  const release = known ?? (await kube.apply(kinds.Release, releaseObject(status)))
  if (isOver(release, status)) return false
  // The Event comes first: a report that is cut off in between is told again, and finds the Event recorded.
  if (isTransition(release, status)) await kube.create(kinds.Event, releaseEvent(status, release, now()))
  const { release: _, ...told } = status
  let late = false
  await update(kube, kinds.Release, { namespace, name }, release, (there) => {
    late = isOver(there, status)
    if (late) return undefined
    return {
      ...told,
      share: formatWeight(status.weight),
      observedGeneration: there.metadata.generation ?? 1,
      conditions: releaseConditions(status, there, now()),
    }
  })
  return !late
}

const isOver = ({ spec, status = {} }: Custom, told: ReleaseStatus): boolean =>
  spec?.sha === told.release.sha && isLate(status, told)

const isTransition = ({ status }: Custom, told: ReleaseStatus): boolean =>
  status?.phase !== told.phase || status?.outcome !== told.outcome

/** Reads, decides, writes the status at the version that was read; an object that is gone has no status to tell. */
async function update(
  kube: Kubernetes,
  kind: Kind<Custom>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  known: Stored<Custom> | undefined,
  decide: (there: Stored<Custom>) => Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
  let there = known
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    there ??= await kube.get(kind, namespace, name)
    const status = there && decide(there)
    if (!there || !status || canonicalJson(status) === canonicalJson(there.status)) return
    if (await kube.replace(kind, { ...there, status }, 'status')) return
    there = undefined
  }
  throw new Error(
    `cannot write the status of ${kind.plural} ${namespace}/${name}: it changed under 5 tries in a row`,
  )
}

// Another version of Slipway may have written it: what is missing is taken as nothing.
const ReleaseSpec = z.object({ app: z.string(), seq: z.number(), sha: z.string() })
const Remembered = z.looseObject({ message: z.string().default('') })
const Told = z.object({
  metadata: z.object({ name: z.string(), creationTimestamp: z.string() }),
  spec: z.object({ seq: z.number(), sha: z.string() }),
  status: z
    .looseObject({
      phase: z.string().default('pending'),
      message: z.string().default(''),
      weight: z.number().default(0),
      transitions: z.array(z.unknown()).default([]),
      startedAt: z.number().optional(),
    })
    .prefault({}),
})

function asTold(app: AppRef, object: Stored<Custom>): ReleaseStatus {
  const { metadata, spec, status } = Told.parse(object)
  const { conditions: _, observedGeneration: __, share: ___, ...told } = status
  const release = { app, seq: spec.seq, sha: spec.sha }
  const startedAt = status.startedAt ?? Date.parse(metadata.creationTimestamp)
  return { ...told, release, startedAt } as unknown as ReleaseStatus
}
