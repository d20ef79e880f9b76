// Asks a hook by its command: a Job in the App's namespace, followed to its end through its pod's status.
import { setTimeout as sleep } from 'node:timers/promises'
import { NoAnswer } from '../../domain/no-answer.ts'
import { endJob, podOf } from '../job.ts'
import { type Job, kinds } from '../kinds.ts'
import type { Kubernetes, Stored } from '../kubernetes.ts'
import type { HookAnswer, HookQuestion, Hooks } from '../platform.ts'
import { type Ending, endingOf, endingOfJob } from './ending.ts'
import { hookJob } from './job.ts'
import { beginning, end } from './words.ts'

type Follow = Parameters<Hooks['ask']>[1]

/** `interval`: milliseconds between two looks at a Job. */
export function commandHook(kubernetes: Kubernetes, interval = 500) {
  return async (command: readonly string[], question: HookQuestion, follow: Follow): Promise<HookAnswer> => {
    follow.signal.throwIfAborted()
    const job = await createOrAttach(kubernetes, hookJob(question, command))
    try {
      const ending = await followed(kubernetes, job, interval, follow)
      if (ending.kind !== 'lost') return await answer(kubernetes, question, ending)
      // The dead Job makes room, so that another try is a new one.
      await endJob(kubernetes, job)
      throw new NoAnswer(`${job.metadata.name} gave no answer: ${beginning(ending.why)}`)
    } catch (error) {
      if (follow.signal.aborted) await endJob(kubernetes, job)
      throw error
    }
  }
}

/** One of the same name that is of another commit belongs to an App that had this name before. */
async function createOrAttach(
  kubernetes: Kubernetes,
  wanted: ReturnType<typeof hookJob>,
): Promise<Stored<Job>> {
  const { namespace, name, labels } = wanted.metadata
  for (let tries = 0; tries < 5; tries++) {
    const job =
      (await kubernetes.create(kinds.Job, wanted)) ?? (await kubernetes.get(kinds.Job, namespace, name))
    if (job === undefined) continue
    const { deletionTimestamp, labels: there } = job.metadata
    if (!deletionTimestamp && there?.['slipway.dev/commit'] === labels?.['slipway.dev/commit']) return job
    await endJob(kubernetes, job)
  }
  throw new Error(`cannot start Job ${namespace}/${name}: others start and end it all the time`)
}

async function followed(
  kubernetes: Kubernetes,
  job: Stored<Job>,
  interval: number,
  { signal, progress }: Follow,
): Promise<Ending> {
  for (let look = 0; ; look++) {
    signal.throwIfAborted()
    const pod = await podOf(kubernetes, job)
    const ending = pod ? endingOf(pod) : endingOfJob(await current(kubernetes, job))
    if (ending) return ending
    progress(`Job ${job.metadata.name}: ${pod?.status?.phase ?? 'no pod yet'}`)
    // One that takes longer is looked at less often.
    const pause = look < 20 ? interval : look < 100 ? interval * 2 : interval * 4
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function current(kubernetes: Kubernetes, { metadata }: Stored<Job>): Promise<Job | undefined> {
  const job = await kubernetes.get(kinds.Job, metadata.namespace ?? '', metadata.name)
  return job?.metadata.uid === metadata.uid ? job : undefined
}

async function answer(
  kubernetes: Kubernetes,
  question: HookQuestion,
  { kind, how, said }: Exclude<Ending, { kind: 'lost' }>,
): Promise<HookAnswer> {
  const words = said && end(said, await secretsOf(kubernetes, question))
  return { passed: kind === 'passed', message: `${how}${words && `: ${words}`}` }
}

/** The contents that the command was given, so that none is repeated. */
async function secretsOf(kubernetes: Kubernetes, { revision }: HookQuestion): Promise<readonly string[]> {
  const { app, config = [] } = revision
  const names = config.filter(({ kind }) => kind === 'Secret').map(({ copy }) => copy)
  const found = await Promise.all(names.map((name) => kubernetes.get(kinds.Secret, app.namespace, name)))
  return found.flatMap((secret) =>
    Object.values(secret?.data ?? {}).map((value) => Buffer.from(value, 'base64').toString('utf8')),
  )
}
