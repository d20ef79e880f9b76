// What one look costs the judge: its time, and what it has to remember.
import type { Baseline } from '../../domain/judge/baseline.ts'
import type { Counts, Reading } from '../../domain/judge/judge.ts'
import { defaultMethod } from '../../domain/judge/method.ts'
import { beginCanary, judgeCanary, type SequentialState } from '../../domain/judge/sequential.ts'

export interface Cost {
  /** Milliseconds of one look, the mean and the slowest of a hundred. */
  readonly look: { readonly mean: number; readonly p99: number }
  /** The most that the state took as JSON. */
  readonly stateBytes: number
}

const looks = 1_000
const proxies = 3
const baseline: Baseline = {
  rate: 100,
  interval: 1,
  requests: 8_640_000,
  errors: 8_640,
  dispersion: 1,
  latency: [
    { bound: 0.1, tail: 0.35 },
    { bound: 0.25, tail: 0.03 },
    { bound: 0.5, tail: 0.001 },
  ],
}

/** A thousand looks at a canary behind three proxies. */
export function costOfLooks(): Cost {
  const setup = { method: { ...defaultMethod, maxDuration: looks * 10 }, baseline, success: 0.99 }
  const question = { canary: 'shop-b', stable: 'shop-a', setup, weight: 100, since: 0 }
  let state: SequentialState = beginCanary(setup, readingAt(0))
  let stateBytes = 0
  const times: number[] = []
  for (let look = 1; look <= looks; look++) {
    const reading = readingAt(look)
    const begun = performance.now()
    state = judgeCanary(question, state, reading).state
    times.push(performance.now() - begun)
    stateBytes = Math.max(stateBytes, JSON.stringify(state).length)
  }
  const sorted = times.sort((a, b) => a - b)
  const mean = times.reduce((sum, one) => sum + one, 0) / looks
  return { look: { mean, p99: sorted[Math.floor(looks * 0.99)] ?? mean }, stateBytes }
}

function readingAt(look: number): Reading {
  const at = look * 1_000
  const counts = Array.from({ length: proxies }, (_, proxy) => [
    countsOf('shop-a', proxy, at, look * 30),
    countsOf('shop-b', proxy, at, look * 3),
  ]).flat()
  return { at, scrapedAt: at, interval: 1_000, counts, route: [] }
}

const countsOf = (revision: string, proxy: number, at: number, requests: number): Counts => ({
  revision,
  instance: `10.0.0.${proxy}:8081`,
  at,
  requests,
  errors: Math.floor(requests / 1_000),
  timed: requests,
  within: baseline.latency.map(({ tail }) => Math.floor(requests * (1 - tail))),
})
