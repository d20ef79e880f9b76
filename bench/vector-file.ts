// The form of a file of test vectors for the judge: figures by another hand that ours must reproduce.
import { z } from 'zod'

const Amount = z.number().nonnegative()
const Numbers = z.array(z.number()).min(1)

/** The judge's parameters in the words of the file; what it leaves out is as in ours. */
const Config = z.strictObject({
  tick: z.number().positive().optional(),
  lag_ticks: Amount.optional(),
  alpha: z.number().positive().optional(),
  beta: z.number().positive().optional(),
  ratios: Numbers.optional(),
  lat_ratios: Numbers.optional(),
  cash: Amount.optional(),
  share: Amount.optional(),
  cap: Amount.optional(),
  lambdas: Numbers.optional(),
  err_ratio: Amount.optional(),
  err_delta: Amount.optional(),
  err_margin: Amount.optional(),
  lat_ratio: Amount.optional(),
  lat_delta: Amount.optional(),
  lat_margin: z.tuple([Amount, Amount]).optional(),
  weights: z.strictObject({ err: Amount, ref: Amount, slo: Amount, lat: Amount, lslo: Amount }).optional(),
  ref_drift: Amount.optional(),
  /** The history that the simulation drew: the cases carry what came of it. */
  hist_s: Amount.optional(),
  probe_budget: Amount.optional(),
  probe_max: Amount.optional(),
  step_budget: Amount.optional(),
  wmin: Amount.optional(),
  wmax: Amount.optional(),
  wfull: Amount.optional(),
  wverify: Amount.optional(),
  verify_req: Amount.optional(),
  verify_s: Amount.optional(),
  soft: Amount.optional(),
  clear: Amount.optional(),
  veto: Amount.optional(),
  impact: Amount.optional(),
  sched_frac: Amount.optional(),
  corroborate: Amount.optional(),
  burst_gmax: Amount.optional(),
  deadline: Amount.optional(),
  bake: Amount.optional(),
  min_requests: Amount.optional(),
  max_s: Amount.optional(),
  blind_s: Amount.optional(),
})
export type Config = z.infer<typeof Config>

/** n, x, m, y of one tick. */
const Tick = z.tuple([Amount, Amount, Amount, Amount])
const named = { name: z.string(), cfg: Config.optional() }

const EProcessCase = z.strictObject({
  ...named,
  rho: Amount,
  delta: Amount,
  ratios: z.union([z.enum(['ratios', 'lat_ratios']), Numbers]),
  phi: z.number().positive().optional(),
  ticks: z.array(Tick).min(1),
  M: Numbers,
})
const UpperCase = z.strictObject({
  ...named,
  phi: z.number().positive().optional(),
  ticks: z.array(Tick).min(1),
  U: Numbers,
})
const LowerCase = z.strictObject({
  ...named,
  rho: Amount.optional(),
  ticks: z.array(Tick).min(1),
  L: Numbers,
})
const PoissonCase = z.strictObject({ y: Amount, n: Amount, ucb: z.number() })
const CounterCase = z.strictObject({
  prev: z.number().nullable(),
  cur: z.number().nullable(),
  new_process: z.boolean(),
  delta: z.number().nullable(),
})
const HistogramCase = z.strictObject({
  ...named,
  le: z.array(z.union([z.number(), z.literal('+Inf')])).min(2),
  slo_le: z.number(),
  baseline_tail: Numbers,
  used_bounds: Numbers,
  cumulative_buckets: z.array(z.strictObject({ canary: z.array(Amount), base: z.array(Amount) })).min(1),
  M_lat: Numbers,
  U: z.array(Numbers),
})
const Counted = z.tuple([Amount, Amount, Amount, Amount, z.array(Amount), z.array(Amount)])
const Decided = z.union([
  z.tuple([z.number(), z.enum(['ramp', 'bake', 'rollback', 'promote']), z.number(), z.number()]),
  z.tuple([z.number(), z.literal('blind')]),
])
const EngineCase = z.strictObject({
  ...named,
  rate: Amount,
  hist_n: Amount,
  hist_err: Amount,
  tail: Numbers,
  slo_err: z.number().min(0).max(1),
  phi: z.number().positive().optional(),
  /** What a row means, for people. */
  row: z.string().optional(),
  rows: z.array(z.tuple([z.number(), Counted.nullable(), Decided])).min(1),
})

const VectorFile = z.strictObject({
  version: z.literal(1),
  tolerance: z.number().positive(),
  config: Config,
  eprocess: z.array(EProcessCase).optional(),
  upper: z.array(UpperCase).optional(),
  lower: z.array(LowerCase).optional(),
  poisson_ucb: z.array(PoissonCase).optional(),
  counter_delta: z.array(CounterCase).optional(),
  latency_histogram: z.array(HistogramCase).optional(),
  engine: z.array(EngineCase).optional(),
})
export type VectorFile = z.infer<typeof VectorFile>

export type EProcessCase = z.infer<typeof EProcessCase>
export type UpperCase = z.infer<typeof UpperCase>
export type LowerCase = z.infer<typeof LowerCase>
export type PoissonCase = z.infer<typeof PoissonCase>
export type CounterCase = z.infer<typeof CounterCase>
export type HistogramCase = z.infer<typeof HistogramCase>
export type EngineCase = z.infer<typeof EngineCase>
export type EngineRow = EngineCase['rows'][number]

const mostComplaints = 5

/** Throws what is wrong with the file, by its place in it. */
export function parseVectors(text: string, name: string): VectorFile {
  const parsed = VectorFile.safeParse(parseJson(text, name))
  if (parsed.success) return parsed.data
  const complaints = parsed.error.issues
    .slice(0, mostComplaints)
    .map(({ path, message }) => `  ${path.map(String).join('.') || 'the file'}: ${message}`)
  const rest = parsed.error.issues.length - complaints.length
  throw new Error(
    `${name} is no file of judge vectors:\n${complaints.join('\n')}${rest > 0 ? `\n  and ${rest} more` : ''}`,
  )
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${name} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
