// What may happen to both sides while a canary is being watched.
import type { Conditions } from './world.ts'

export const incidents = {
  'shared-spike': { drift: { from: 60, until: 240, errors: 0.03 } },
  'late-spike': { drift: { from: 400, until: 700, errors: 0.03 } },
  'shared-rise': { drift: { from: 0, until: Number.POSITIVE_INFINITY, errors: 0.005 } },
  'metrics-lost': { outage: { from: 20, until: 140 } },
  bursts: { burst: 3 },
} as const satisfies Readonly<Record<string, Pick<Conditions, 'drift' | 'outage' | 'burst'>>>

export type IncidentName = keyof typeof incidents

export const incidentNames = Object.keys(incidents) as readonly IncidentName[]
