// Builds images with BuildKit: one Job in the cluster per build, followed to its end through the pod's status.
import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentFailure } from '../../domain/failure.ts'
import { type Plan, releaseName } from '../../domain/release.ts'
import { type Image, imageReference } from '../../domain/revision.ts'
import { endJob, podOf } from '../job.ts'
import { type Job, kinds, type Pod } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import type { Build } from '../platform.ts'
import { type BuildFailure, containerOf, explain, explainJob, isTrue, stuck } from './failure.ts'
import {
  type BuildSettings,
  buildContainer,
  buildDeadline,
  buildJob,
  buildLimits,
  imageRepository,
  newTokenSecret,
  tokenSecret,
} from './job.ts'
import { tail } from './log.ts'
import { holds } from './registry.ts'

export interface BuildkitOptions {
  /** What must not be seen in a log, read when a log is. */
  readonly secrets?: () => readonly string[]
  /** What reads this repository, when its host gives tokens of its own for that: made for one build, gone with it. */
  readonly token?: (repository: string) => Promise<string | undefined>
  /** Milliseconds between two looks at a build. */
  readonly interval?: number
}

type Follow = Parameters<Build['build']>[1]

export function buildkit(
  kubernetes: Kubernetes,
  settings: BuildSettings,
  options: BuildkitOptions = {},
): Build {
  const { secrets = () => [], token = async () => undefined, interval = 500 } = options
  const logOf = async (pod: Pod, lines: number): Promise<string> => {
    const log = await kubernetes
      .logs(settings.namespace, pod.metadata.name, buildContainer, lines)
      // A node that is gone has taken the log along; the status keeps the end of it.
      .catch(() => containerOf(pod)?.state?.terminated?.message ?? '')
    return tail(log, { lines, secrets: secrets() })
  }

  /** Waits until the pod has ended; undefined when there is no pod any more. */
  async function watch(job: Stored<Job>, { signal, progress }: Follow): Promise<Pod | undefined> {
    for (let look = 0; ; look++) {
      signal.throwIfAborted()
      const pod = await podOf(kubernetes, job)
      if (pod === undefined && (await isOver(kubernetes, job))) return undefined
      if (pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed') return pod
      const failure = pod && stuck(pod)
      if (failure) throw await clusterFault(job, failure)
      if (pod?.status?.phase === 'Running' && look % 3 === 0) {
        const line = (await logOf(pod, 5)).split('\n').at(-1)?.slice(0, 200)
        if (line) progress(line)
      }
      // A build that takes longer is looked at less often.
      await sleep(look < 20 ? interval : look < 100 ? interval * 2 : interval * 4, undefined, {
        signal,
      }).catch(() => signal.throwIfAborted())
    }
  }

  async function readEnd(plan: Plan, job: Stored<Job>, pod: Pod | undefined): Promise<Image> {
    if (pod === undefined) {
      const failure = explainJob(await current(kubernetes, job))
      throw await clusterFault(job, failure ?? { fault: 'cluster', message: 'its pod is gone' })
    }
    if (pod.status?.phase === 'Succeeded') return await readImage(plan, job, pod)
    const log = await logOf(pod, 400)
    const { limits = buildLimits, deadline = buildDeadline } = settings
    const failure = explain(pod, log, { limits, deadline, context: plan.spec.build.context })
    if (failure.fault === 'cluster') throw await clusterFault(job, failure)
    throw new PermanentFailure('BuildFailed', `cannot build ${short(plan)}: ${failure.message}`, {
      detail: tail(log, { lines: 40, bytes: 8 * 1024 }),
    })
  }

  async function readImage(plan: Plan, job: Stored<Job>, pod: Pod): Promise<Image> {
    const digest = containerOf(pod)?.state?.terminated?.message?.trim() ?? ''
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw await clusterFault(job, { fault: 'cluster', message: 'it left no digest' })
    }
    const image = { repository: imageRepository(plan, settings), digest }
    if (await holds(image, settings.registry)) return image
    throw await clusterFault(job, {
      fault: 'cluster',
      message: `the registry does not hold ${imageReference(image)}`,
    })
  }

  /** The dead Job makes room, so that another try is a new build. */
  async function clusterFault(job: Stored<Job>, { message }: BuildFailure): Promise<Error> {
    await endJob(kubernetes, job)
    return new Error(`build ${job.metadata.name} was lost and can be tried again: ${message}`)
  }

  return {
    build: async (plan, follow) => {
      follow.signal.throwIfAborted()
      const secret = await token(plan.repository)
      const job = await createOrAttach(kubernetes, plan, settings, secret !== undefined)
      try {
        if (secret !== undefined) await giveToken(kubernetes, job, secret)
        return await readEnd(plan, job, await watch(job, follow))
      } catch (error) {
        if (follow.signal.aborted) await endJob(kubernetes, job)
        throw error
      }
    },
  }
}

/** A build that another release of the same commit began serves as well, unless it failed: people ask again for a reason. */
async function createOrAttach(
  kubernetes: Kubernetes,
  plan: Plan,
  settings: BuildSettings,
  withToken: boolean,
): Promise<Stored<Job>> {
  const wanted = buildJob(plan, settings, withToken ? newTokenSecret() : undefined)
  const { namespace, name } = wanted.metadata
  for (let tries = 0; tries < 5; tries++) {
    const job =
      (await kubernetes.create(kinds.Job, wanted)) ?? (await kubernetes.get(kinds.Job, namespace, name))
    if (job === undefined) continue
    const ours = job.metadata.labels?.['slipway.dev/release'] === releaseName(plan.release)
    if (job.metadata.deletionTimestamp === undefined && (ours || !(await hasFailed(kubernetes, job))))
      return job
    await endJob(kubernetes, job)
  }
  throw new Error(`cannot start build ${namespace}/${name}: others start and end it all the time`)
}

/** The Secret belongs to the Job and is deleted with it. Who comes second finds it there. */
async function giveToken(kubernetes: Kubernetes, job: Stored<Job>, token: string): Promise<void> {
  const secret = tokenSecret(job)
  if (!secret) return
  const { namespace = '', name, uid, labels } = job.metadata
  const { apiVersion, kind } = kinds.Job
  await kubernetes.create(kinds.Secret, {
    metadata: {
      name: secret.name,
      namespace,
      ...(labels && { labels }),
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    type: 'Opaque',
    immutable: true,
    data: { [secret.key]: Buffer.from(token).toString('base64') },
  })
}

/** The pod knows before the Job does. */
async function hasFailed(kubernetes: Kubernetes, job: Stored<Job>): Promise<boolean> {
  if (job.status?.conditions?.some(isTrue('Failed'))) return true
  return (await podOf(kubernetes, job))?.status?.phase === 'Failed'
}

async function current(kubernetes: Kubernetes, { metadata }: Stored<Job>): Promise<Job> {
  const job = await kubernetes.get(kinds.Job, metadata.namespace ?? '', metadata.name)
  if (job?.metadata.uid === metadata.uid) return job
  throw new Error(`build ${metadata.name} was lost and can be tried again: somebody removed its Job`)
}

async function isOver(kubernetes: Kubernetes, job: Stored<Job>): Promise<boolean> {
  const { conditions = [] } = (await current(kubernetes, job)).status ?? {}
  return conditions.some(isTrue('Failed')) || conditions.some(isTrue('Complete'))
}

const short = ({ release }: Plan): string => `${releaseName(release)} (${release.sha.slice(0, 7)})`
