// Gives a revision its number of pods, by itself or by its autoscaler.
import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Revision } from '../../domain/revision.ts'
import { type Deployment, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import { revisionObjects, servedAnnotation } from './objects.ts'

export async function scale(kube: Kubernetes, revision: Revision, pods: number): Promise<void> {
  if (pods === 0) return stop(kube, revision)
  const { autoscaler } = revisionObjects(revision, pods)
  if (!autoscaler) return change(kube, revision, (deployment) => withPods(deployment, () => pods))
  const least = autoscaler.spec.minReplicas ?? 1
  // First the least: else the autoscaler would take back at once what is added here.
  await keepAtLeast(kube, revision, least)
  await change(kube, revision, (deployment) => withPods(deployment, (now) => Math.max(now, least)))
}

/** Stops it, and remembers on it that it served until now. */
export async function keep(kube: Kubernetes, revision: Revision, now: number): Promise<void> {
  await stop(kube, revision)
  await change(kube, revision, (deployment) => {
    const annotations = {
      ...deployment.metadata.annotations,
      [servedAnnotation]: new Date(now).toISOString(),
    }
    return { ...deployment, metadata: { ...deployment.metadata, annotations } }
  })
}

/** The autoscaler goes first: nothing starts the pods again. */
async function stop(kube: Kubernetes, revision: Revision): Promise<void> {
  const { app, name, run } = revision
  if (run.autoscale) await kube.remove(kinds.HorizontalPodAutoscaler, app.namespace, name)
  await change(kube, revision, (deployment) => withPods(deployment, () => 0))
}

function withPods(deployment: Stored<Deployment>, count: (now: number) => number): Stored<Deployment> {
  const now = deployment.spec.replicas ?? 1
  const replicas = count(now)
  return replicas === now ? deployment : { ...deployment, spec: { ...deployment.spec, replicas } }
}

async function keepAtLeast(kube: Kubernetes, revision: Revision, least: number): Promise<void> {
  const { app, name } = revision
  const { autoscaler } = revisionObjects(revision, least)
  if (!autoscaler) return
  await persistently(`set the autoscaler of ${app.namespace}/${name}`, async () => {
    const there = await kube.get(kinds.HorizontalPodAutoscaler, app.namespace, name)
    if (!there) return (await kube.create(kinds.HorizontalPodAutoscaler, autoscaler)) !== undefined
    if (there.metadata.deletionTimestamp) return false
    if (there.spec.minReplicas === least) return true
    const wanted = { ...there, spec: { ...there.spec, minReplicas: least } }
    return (await kube.replace(kinds.HorizontalPodAutoscaler, wanted)) !== undefined
  })
}

/** Reads, decides, writes at the version that was read; what is not ours stays as others have it. */
async function change(
  kube: Kubernetes,
  { app, name }: Revision,
  decide: (there: Stored<Deployment>) => Stored<Deployment>,
): Promise<void> {
  const where = `deployment ${app.namespace}/${name}`
  await persistently(`change ${where}`, async () => {
    const there = await kube.get(kinds.Deployment, app.namespace, name)
    if (!there || there.metadata.deletionTimestamp)
      throw new PermanentFailure('NotFound', `cannot scale ${where}: there is none; release the App again`)
    const wanted = decide(there)
    return wanted === there || (await kube.replace(kinds.Deployment, wanted)) !== undefined
  })
}

/** Others write the same objects: autoscalers and controllers, all the time. */
async function persistently(what: string, attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 8; tries += 1) {
    if (await attempt()) return
    await sleep(100 * (tries + 1))
  }
  throw new Error(`cannot ${what}: it changed again and again meanwhile`)
}
