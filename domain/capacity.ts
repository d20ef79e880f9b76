// How many pods each side of a rollout needs for its share of the load, and what that costs.
import type { AppSpec } from './app.ts'
import type { Surge } from './release.ts'

type Run = Pick<AppSpec['run'], 'replicas' | 'autoscale'>

/** How many pods the new revision has on its way: as many as its share of the load needs, or all of them from the start. */
export type Scale = 'follow' | 'full'

/** The fewest and the most pods that a revision declares. */
export const fewest = ({ replicas, autoscale }: Run): number => autoscale?.min ?? replicas
export const most = ({ replicas, autoscale }: Run): number => autoscale?.max ?? replicas

/** How many pods a new revision begins with; undefined: as many as it declares. */
export const firstPods = (scale: Scale | undefined): number | undefined =>
  scale === 'follow' ? 1 : undefined

export interface Need {
  /** Thousandths of the traffic. */
  readonly share: number
  /** The pods that carry the load now. */
  readonly present: number
  readonly run: Run
  readonly scale: Scale
}

/**
 * The ready pods without which a revision may not hold this share: its part of those that carry the load now. What a file
 * declares bounds it: who declares fewer pods than before gets fewer.
 */
export function neededPods({ share, present, run, scale }: Need): number {
  const least = fewest(run)
  const part = (pods: number) => Math.ceil((share * pods) / 1000)
  // Who grows with the load must end with all that is declared; so its parts are parts of that, too.
  const needed = scale === 'follow' ? part(Math.max(present, least)) : Math.max(part(present), least)
  return Math.min(Math.max(needed, 1), most(run))
}

/** What runs beside the stable revision at most while a release lasts. */
export function surgeOf(run: Run & Pick<AppSpec['run'], 'resources'>): Surge {
  const pods = most(run)
  return { pods, cpu: times(run.resources.cpu, pods), memory: times(run.resources.memory, pods) }
}

/** `250m` three times is `750m`; the unit stays as it was written. */
function times(quantity: string, count: number): string {
  const [, number = '', unit = ''] = /^([\d.]+)(.*)$/.exec(quantity) ?? []
  // Fractions of a processor are thousandths: nothing is lost by rounding there.
  return `${Math.round(Number(number) * count * 1000) / 1000}${unit}`
}
