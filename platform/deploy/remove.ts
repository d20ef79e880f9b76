// Removes a revision and what is its alone.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppRef, appKey } from '../../domain/app.ts'
import type { ConfigCopy } from '../../domain/config.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { kinds, type Resource } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { removeCopies } from './config.ts'
import { asMade, deploymentsOf } from './made.ts'
import { podsOf } from './readiness.ts'

interface Leaver {
  readonly revision: string
  /** What was made for it, in case that it never came to be. */
  readonly copies: readonly ConfigCopy[] | undefined
}

/**
 * The Service goes last: while pods end, whoever still knows them may still ask. It also remembers the copies until they are
 * gone, for a worker that goes on where another was lost.
 */
export async function remove(
  kube: Kubernetes,
  app: AppRef,
  { revision, copies = [] }: Leaver,
  within: number,
): Promise<void> {
  const { namespace } = app
  const deployment = await kube.get(kinds.Deployment, namespace, revision)
  const service = await kube.get(kinds.Service, namespace, revision)
  for (const found of [deployment, service]) if (found) refuseForeign(found, app)
  if (deployment) {
    await kube.remove(kinds.HorizontalPodAutoscaler, namespace, revision)
    await kube.remove(kinds.Deployment, namespace, revision, { uid: deployment.metadata.uid })
  }
  await awaitPodsGone(kube, app, revision, within)
  const { config = copies } = service ? asMade(app, service) : {}
  if (config.length > 0) await removeCopies(kube, app, config, await copiesInUse(kube, app, revision))
  if (service) await kube.remove(kinds.Service, namespace, revision, { uid: service.metadata.uid })
}

async function copiesInUse(kube: Kubernetes, app: AppRef, but: string): Promise<ReadonlySet<string>> {
  const others = (await deploymentsOf(kube, app)).filter(({ metadata }) => metadata.name !== but)
  const copies = others.flatMap((deployment) => asMade(app, deployment).config ?? [])
  return new Set(copies.map(({ copy }) => copy))
}

async function awaitPodsGone(kube: Kubernetes, app: AppRef, revision: string, within: number): Promise<void> {
  const deadline = Date.now() + within
  for (;;) {
    const left = await podsOf(kube, app, revision)
    if (left.length === 0) return
    if (Date.now() > deadline) {
      const names = left.map(({ metadata }) => metadata.name).join(', ')
      throw new Error(
        `cannot remove ${app.namespace}/${revision}: after ${within / 1000} s there still are ${names}`,
      )
    }
    await sleep(500)
  }
}

function refuseForeign({ kind, metadata }: Resource, app: AppRef): void {
  if (metadata.labels?.['slipway.dev/app'] === app.name) return
  throw new PermanentFailure(
    'Invalid',
    `cannot remove ${kind ?? 'the object'} ${metadata.namespace}/${metadata.name}: it does not belong to ${appKey(app)}`,
  )
}
