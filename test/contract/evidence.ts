// Evidence as the sequential test leaves it: numbers with all their digits.
import type { Baseline } from '../../domain/judge/baseline.ts'
import type { Evidence, TestResult } from '../../domain/judge/judge.ts'
import { defaultMethod } from '../../domain/judge/method.ts'
import type { Judging } from '../../domain/release.ts'

export const aTest = (change: Partial<TestResult> = {}): TestResult => ({
  harm: 1.283746501928374,
  limit: 100,
  sources: {
    errors: 1.918273645019283,
    latency: 1.019283746501928,
    reference: 0.819283746501928,
    objective: 0.719283746501928,
    slow: 0.919283746501928,
  },
  atMost: 0.00784918273645,
  atLeast: -0.001283746501928,
  confidence: 0.95,
  harmed: 1.827364501928374,
  detectable: 0.006192837465019,
  proven: false,
  rate: 98.1928374650192,
  why: '10 %: the next requests at risk stay below 30 until the upper bound falls further',
  ...change,
})

export const anEvidence = (change: Partial<Evidence> = {}): Evidence => ({
  from: Date.UTC(2026, 0, 1),
  to: Date.UTC(2026, 0, 1, 0, 1),
  canary: { requests: 1204, errors: 3, timed: 1204, within: [841, 1083, 1180, 1201] },
  stable: { requests: 10_801, errors: 12, timed: 10_801, within: [7560, 9720, 10_590, 10_770] },
  looks: 12,
  test: aTest(),
  ...change,
})

export const aBaseline: Baseline = {
  rate: 98.2,
  interval: 5,
  requests: 8_484_480,
  errors: 8480,
  dispersion: 1,
  latency: [
    { bound: 0.1, tail: 0.3 },
    { bound: 0.15, tail: 0.1 },
    { bound: 0.25, tail: 0.02 },
    { bound: 0.5, tail: 0.003 },
  ],
}

export const aJudging: Judging = {
  query:
    '{__name__=~"traefik_service_requests_total|traefik_service_request_duration_seconds_bucket",service=~"default-shop-.*"}[1m]',
  objectives: { success: 0.995, latency: { below: 0.5, share: 0.99 } },
  // What is shown of these is in the documentation: it does not change with a default.
  method: {
    ...defaultMethod,
    firstRequests: 10,
    stepRequests: 30,
    maxErrorRise: 0.01,
    ladder: [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5],
  },
  baseline: aBaseline,
}
