// What GitHub sends on a day: mostly what is of no interest here, much of it twice, and now and then a push.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Delivery } from './deliver.ts'
import type { Targets } from './targets.ts'

export type Mix = (index: number) => Delivery

const accepted = '202 accepted'

/**
 * Of ten deliveries five are of other repositories, two tell of a check run that Slipway itself has written, one is a push, and two
 * are that push again: who had no answer in time is sent it again under its own name.
 */
export function aDay({ repository, branches }: Targets): Mix {
  let last: Delivery = aPush(repository, branches[0])
  return (index) => {
    const kind = index % 10
    if (kind === 0) last = aPush(repository, branches[(index / 10) % branches.length])
    if (kind < 3) return last
    return kind < 5 ? aCheckRun(repository) : ofNobody(index)
  }
}

/** Each a commit that the App has not heard of, and that has its outcome: the most that a delivery can ask for. */
export const onlyPushes =
  ({ repository, branches }: Targets): Mix =>
  (index) =>
    aPush(repository, branches[index % branches.length])

const aPush = (repository: string, branch: string | undefined): Delivery => ({
  id: randomUUID(),
  payload: push(repository, `refs/heads/${branch}`),
  expected: accepted,
})

const ofNobody = (index: number): Delivery => ({
  payload: push(`https://github.com/acme/other-${index}.git`, 'refs/heads/main'),
  expected: '202 ignored:repo-not-registered',
})

const aCheckRun = (clone_url: string): Delivery => ({
  event: 'check_run',
  payload: {
    action: 'created',
    check_run: {
      id: 1,
      head_sha: commit(),
      external_id: null,
      app: null,
      output: { summary: 'Figure'.repeat(300) },
    },
    ...of(clone_url),
  },
  expected: '202 ignored:action',
})

/** As long as real ones with a few commits: most of a delivery is what nobody reads. */
const push = (clone_url: string, ref: string) => ({
  ref,
  before: commit(),
  after: commit(),
  ...of(clone_url),
  commits: Array.from({ length: 5 }, () => ({ id: commit(), message: 'Change'.repeat(100) })),
})

const of = (clone_url: string) => ({
  repository: { id: 1, full_name: 'acme/webhooks', clone_url },
  installation: { id: 1 },
  sender: { login: 'ana' },
})

const commit = (): string => randomBytes(20).toString('hex')
