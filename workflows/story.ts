// A release as people see it while it goes on: its status, its page in the Temporal UI, its search attributes, its reports.
import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow'
import type { Waiting } from '../domain/gate.ts'
import type { Evidence } from '../domain/judge/judge.ts'
import type { Outcome, Phase, ReleaseStatus } from '../domain/release.ts'
import { showing } from './activities.ts'
import { courier } from './courier.ts'
import { releaseDetails } from './details.ts'
import { type ReleaseInput, releaseStatus } from './messages.ts'
import { searchAttributes } from './search-attributes.ts'

/** What is learnt of a release on its way. */
type Facts = Partial<
  Pick<ReleaseStatus, 'commit' | 'revision' | 'image' | 'step' | 'weight' | 'judging' | 'proven' | 'surge'>
>

export interface Story {
  readonly status: () => ReleaseStatus
  /** Something happened: it becomes a line of the release's history. */
  readonly note: (phase: Phase, message: string, facts?: Facts & { evidence?: Evidence }) => void
  /** The same, and it is reported at once; what is only noted is reported by the watch that follows. */
  readonly tell: Story['note']
  /** The release waits for data; `undefined` when it does not any more. */
  readonly stall: (reason: string | undefined) => void
  /** What keeps it from going on; `undefined` when nothing does. */
  readonly wait: (waiting: Waiting | undefined) => void
  readonly end: (outcome: Outcome, message: string, supersededBy?: string) => void
  /** Resolves when all of it has been reported. */
  readonly told: () => Promise<void>
}

export function tellStory({ release, stable, wanted, pusher }: ReleaseInput): Story {
  const by = wanted ? wanted.by : pusher
  let status: ReleaseStatus = {
    release,
    phase: 'pending',
    message: 'begins',
    ...(stable && { stable: stable.revision }),
    cause: wanted?.cause ?? 'push',
    ...(by && { by }),
    weight: 0,
    transitions: [],
    startedAt: Date.now(),
  }
  const reports = courier(() => {
    const { phase, step, outcome } = status
    const summary = outcome ?? (phase === 'rolling-out' && step ? `${phase} ${step}` : phase)
    return showing.reportRelease.executeWithOptions({ summary }, [status])
  })
  setHandler(releaseStatus, () => status, { description: 'What people see of this release' })

  const index = indexer()
  function become(next: ReleaseStatus) {
    index(status, next)
    status = next
    setCurrentDetails(releaseDetails(status))
  }
  const note: Story['note'] = (phase, message, { evidence, ...facts } = {}) => {
    const weight = facts.weight ?? status.weight
    const transition = { at: Date.now(), phase, weight, message, ...(evidence && { evidence }) }
    const transitions = [...status.transitions, transition]
    become({ ...status, ...facts, phase, message, transitions, ...(evidence && { evidence }) })
  }
  const tell: Story['tell'] = (...line) => {
    note(...line)
    reports.send()
  }
  return {
    status: () => status,
    note,
    tell,
    stall(reason) {
      const { stalled, ...rest } = status
      if (stalled === reason) return
      become(reason === undefined ? rest : { ...rest, stalled: reason })
      reports.send()
    },
    wait(waiting) {
      const { waiting: before, ...rest } = status
      if (JSON.stringify(before) === JSON.stringify(waiting)) return
      become(waiting === undefined ? rest : { ...rest, waiting })
      reports.send()
    },
    end(outcome, message, supersededBy) {
      const { stalled: _, waiting: __, ...rest } = status
      status = { ...rest, outcome, ...(supersededBy && { supersededBy }), finishedAt: Date.now() }
      tell('done', message)
    },
    told: reports.idle,
  }
}

/** Keeps the lists right: an event in the history only when something changed. */
function indexer() {
  let listed = 0
  return (before: ReleaseStatus, { phase, outcome, weight, judging }: ReleaseStatus) => {
    const enters = phase !== before.phase
    // The ramp has many rungs: the lists learn where it stands when its phase changes.
    const weighs = judging ? enters && weight !== listed : weight !== before.weight
    if (weighs) listed = weight
    const changed = [
      ...(enters ? [{ key: searchAttributes.phase, value: phase }] : []),
      ...(outcome && enters ? [{ key: searchAttributes.outcome, value: outcome }] : []),
      ...(weighs ? [{ key: searchAttributes.weight, value: weight }] : []),
    ]
    if (changed.length > 0) upsertSearchAttributes(changed)
  }
}
