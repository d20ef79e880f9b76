// What the judge promises of real releases, and which of it was not kept.
import type { Cost } from './cost.ts'
import type { Scenario } from './scenarios.ts'
import type { Trial } from './trial.ts'

const most = { events: 160, stateBytes: 16 * 1024, lookMs: 1 }
/** Seconds to full for an identical canary at a hundred requests a second, by the seconds between two readings. */
const mostToFull: Readonly<Record<number, number>> = { 1: 40, 5: 120 }
const goalRate = 100

/** Nothing when all is kept. */
export function missed(trial: Trial, { mostHarmed }: Scenario, interval: number): string[] {
  const { scenario, rate, outcome, expected, message, harm, full, temporalEvents, heartbeatBytes } = trial
  const toFull = scenario === 'identical' && rate === goalRate ? mostToFull[interval] : undefined
  const harmed = rate === goalRate ? mostHarmed : undefined
  return [
    ...told(outcome !== expected, `is ${outcome}, not ${expected}: ${message}`),
    ...told(harmed !== undefined && harm.harmed > harmed, `harmed ${Math.round(harm.harmed)}, not ${harmed}`),
    ...told(
      toFull !== undefined && (full === undefined || full > toFull),
      `was full after ${full ?? '–'} s, not ${toFull}`,
    ),
    ...told(temporalEvents > most.events, `took ${temporalEvents} Temporal events, not ${most.events}`),
    ...told(
      (heartbeatBytes ?? 0) > most.stateBytes,
      `remembered ${heartbeatBytes} bytes, not ${most.stateBytes}`,
    ),
  ].map((complaint) => `${scenario} at ${rate}/s ${complaint}`)
}

export const tooDear = ({ look, stateBytes }: Cost): string[] => [
  ...told(look.mean > most.lookMs, `a look took ${look.mean.toFixed(2)} ms, not ${most.lookMs}`),
  ...told(stateBytes > most.stateBytes, `the state took ${stateBytes} bytes, not ${most.stateBytes}`),
]

const told = (wrong: boolean, complaint: string): string[] => (wrong ? [complaint] : [])
