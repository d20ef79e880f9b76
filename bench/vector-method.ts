// The judge's parameters as a file of test vectors names them.
import { defaultMethod, type Method } from '../domain/judge/method.ts'
import type { Config } from './vector-file.ts'

/** The figures are of a judge that climbs freely, does not wait for pods to warm up, is never absent, and asks nobody. */
const asSimulated: Method = {
  ...defaultMethod,
  ladder: [],
  rungRequests: 0,
  rungSlack: 1,
  warmup: 0,
  absence: 0,
  slowObjective: 0.01,
  onDeadline: 'promote',
  onInconclusive: 'hold',
}

export function methodOf(config: Config, change: Config = {}): Method {
  const c = { ...config, ...change }
  return {
    ...asSimulated,
    ...given({
      tick: c.tick,
      lagTicks: c.lag_ticks,
      alpha: c.alpha,
      beta: c.beta,
      ratios: c.ratios,
      latencyRatios: c.lat_ratios,
      cash: c.cash,
      share: c.share,
      cap: c.cap,
      lambdas: c.lambdas,
      errorRatio: c.err_ratio,
      errorTolerance: c.err_delta,
      errorMargin: c.err_margin,
      latencyRatio: c.lat_ratio,
      latencyTolerance: c.lat_delta,
      latencyMargin: c.lat_margin && { share: c.lat_margin[0], rise: c.lat_margin[1] },
      weights: c.weights && weightsOf(c.weights),
      referenceDrift: c.ref_drift,
      firstRequests: c.probe_budget,
      firstMax: c.probe_max,
      stepRequests: c.step_budget,
      minWeight: c.wmin,
      unprovenMax: c.wmax,
      fullWeight: c.wfull,
      verifyWeight: c.wverify,
      verifyRequests: c.verify_req,
      verifySeconds: c.verify_s,
      soft: c.soft,
      clear: c.clear,
      veto: c.veto,
      maxErrorRise: c.impact,
      scheduleShare: c.sched_frac,
      corroborate: c.corroborate,
      burstCap: c.burst_gmax,
      deadline: c.deadline,
      bake: c.bake,
      minRequests: c.min_requests,
      maxDuration: c.max_s,
      blindAfter: c.blind_s,
    }),
  }
}

const weightsOf = ({ err, ref, slo, lat, lslo }: NonNullable<Config['weights']>): Method['weights'] => ({
  errors: err,
  reference: ref,
  objective: slo,
  latency: lat,
  slow: lslo,
})

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
