// The smallest harm that so much traffic can reveal.
import type { Method } from './method.ts'

/**
 * The smallest rise of the error rate that `requests` of the canary reveal: about `needed`/KL requests reveal a rise from p₀ to p₁,
 * KL = p₁·ln(p₁/p₀) − p₁ + p₀ (the divergence of two Poisson counts), p₀ being stable's share of errors with the tolerance on top.
 * `needed` holds ln(1/α) and what mixing the alternatives costs; measured by simulation. A share of requests; 1 when not even a
 * canary that always fails would be seen.
 */
export function detectableRise(stable: number, requests: number, { alpha, errorTolerance }: Method): number {
  const p0 = Math.max(stable + errorTolerance, 1e-6)
  const needed = Math.log(1 / alpha) + 3.9
  const isSeen = (p1: number) => requests * divergence(p1, p0) >= needed
  if (!isSeen(1)) return 1
  let [low, high] = [p0, 1]
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (isSeen(middle)) high = middle
    else low = middle
  }
  return high - stable
}

const divergence = (p1: number, p0: number): number => p1 * Math.log(p1 / p0) - p1 + p0

/** The canary's requests by the deadline: at half of the traffic once the schedule has let it there. */
export function requestsByDeadline(rate: number, { deadline, unprovenMax, scheduleShare }: Method): number {
  return rate * unprovenMax * deadline * (1 - scheduleShare / 2)
}
