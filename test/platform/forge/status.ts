// Releases as they stand at different moments of their lives.
import type { Evidence } from '../../../domain/judge/judge.ts'
import type { ReleaseStatus, Transition } from '../../../domain/release.ts'
import { aStatus } from '../../contract/fixtures.ts'

export const app = { namespace: 'default', name: 'shop' }
export const start = Date.UTC(2026, 0, 1)

export const evidence = (change: Partial<Evidence> = {}): Evidence => ({
  from: start,
  to: start + 60_000,
  canary: { requests: 4120, errors: 2, timed: 4120, within: [4000] },
  stable: { requests: 81_000, errors: 3, timed: 81_000, within: [80_500] },
  looks: 12,
  ...change,
})

export const test: NonNullable<Evidence['test']> = {
  harm: 37.2,
  limit: 100,
  sources: { errors: 1, latency: 1, reference: 1, objective: 1, slow: 1 },
  atMost: 0.008,
  atLeast: -0.001,
  confidence: 0.95,
  harmed: 2,
  proven: false,
  rate: 100,
  why: 'more is known',
}

export const moved = (
  phase: Transition['phase'],
  weight: number,
  message: string,
  after = 0,
): Transition => ({
  at: start + after,
  phase,
  weight,
  message,
})

export const deploying: readonly Transition[] = [moved('deploying', 0, 'starting its pods', 30_000)]

export const aRelease = (seq: number, change: Partial<ReleaseStatus> = {}): ReleaseStatus =>
  aStatus(app, seq, {
    commit: {
      sha: aStatus(app, seq).release.sha,
      title: 'Add the blue button',
      author: 'ana',
      committedAt: start,
    },
    ...change,
  })

export const rollingOut = (seq: number, change: Partial<ReleaseStatus> = {}): ReleaseStatus =>
  aRelease(seq, {
    phase: 'rolling-out',
    message: 'watching 5%',
    weight: 50,
    revision: 'shop-3f2c1d0-ab12',
    stable: 'shop-1111111-cd34',
    transitions: [...deploying, moved('rolling-out', 50, 'the canary holds 5%', 60_000)],
    evidence: evidence({ test }),
    ...change,
  })

export const ended = (
  seq: number,
  outcome: NonNullable<ReleaseStatus['outcome']>,
  message: string,
  change = {},
) => rollingOut(seq, { phase: 'done', outcome, message, finishedAt: start + 600_000, ...change })

export const waiting = (seq: number, change: Partial<ReleaseStatus> = {}): ReleaseStatus =>
  rollingOut(seq, {
    waiting: {
      for: 'approval',
      gate: 'before-50',
      message: 'waits for 1 approval of ana',
      since: start + 90_000,
      until: start + 86_490_000,
    },
    ...change,
  })
