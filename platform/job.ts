// A Job that is followed to its end: its one pod, and how it is ended before its time.
import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentFailure } from '../domain/failure.ts'
import { type Job, kinds, type Pod } from './kinds.ts'
import type { Kubernetes, Stored } from './kubernetes.ts'

/** Undefined while it has none, and when it is gone. */
export async function podOf(kubernetes: Kubernetes, { metadata }: Stored<Job>): Promise<Pod | undefined> {
  const labels = { 'batch.kubernetes.io/controller-uid': metadata.uid }
  const pods = await kubernetes.list(kinds.Pod, metadata.namespace ?? '', { labels })
  return pods[0]
}

/** Deletes the Job and returns once its pod is gone too. Asks again for a minute: one that nobody awaits must not go on. */
export async function endJob(kubernetes: Kubernetes, job: Stored<Job>): Promise<void> {
  const { namespace = '', name, uid } = job.metadata
  let why: unknown = 'its pod is still there'
  for (let look = 0; look < 240; look++) {
    try {
      if (look % 20 === 0) await kubernetes.remove(kinds.Job, namespace, name, { uid })
      const left = await kubernetes.get(kinds.Job, namespace, name)
      if (left?.metadata.uid !== uid && (await podOf(kubernetes, job)) === undefined) return
    } catch (error) {
      if (error instanceof PermanentFailure) throw error
      why = error
    }
    await sleep(250)
  }
  throw new Error(`Job ${namespace}/${name} does not end within 60 s: ${why}`)
}
