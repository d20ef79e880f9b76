// Why the judge wants what it wants, in one sentence that a person can check.
import type { Engine, EngineSetup } from './engine.ts'
import { percent, points } from './in-words.ts'
import type { Tally } from './judge.ts'

interface Both {
  readonly canary: Tally
  readonly stable: Tally
}

/** What was found wrong: the source that says most, with its counts. */
export function whyHarmful(
  { method, baseline }: EngineSetup,
  engine: Engine,
  { canary, stable }: Both,
): string {
  const { tests, harm, latency } = engine
  const limit = 1 / method.alpha
  const said = `evidence of harm ${whole(harm)} of ${whole(limit)}`
  if (harm < limit) return `still in doubt after ${method.maxDuration} s: ${said}`
  const counts = `${canary.errors} of ${canary.requests} requests failed, of stable ${stable.errors} of ${stable.requests}`
  const byErrors = Math.max(tests.errors.m, tests.reference.m, tests.objective.m)
  const slow = Math.max(latency, tests.slow.m)
  const what = baseline.latency.length > 0 && slow > byErrors ? 'answers are slower than stable’s' : counts
  return `${what} (${said})`
}

export function whySafe({ method }: EngineSetup, { proven, requests, atMost, harm }: Engine): string {
  const confidence = percent(1 - method.beta)
  if (proven)
    return `at most ${points(atMost, Math.ceil)} worse than stable (${confidence}), on ${requests} requests`
  return `no harm was shown on ${requests} requests (evidence ${whole(harm)} of ${whole(1 / method.alpha)}), but it is not proven either: at most ${points(atMost, Math.ceil)} worse (${confidence})`
}

/** Seconds without anything new after which data is missing. */
export const quietAfter = ({ baseline }: EngineSetup): number => Math.max(15, 3 * baseline.interval)

/** Data that is missing; undefined while there is enough to go on. */
export function lacking(
  setup: EngineSetup,
  engine: Engine,
  { canary, silent }: { readonly canary: string; readonly silent: number },
): string | undefined {
  const { method, steps } = setup
  if (engine.weight === 0) return 'the metrics do not answer: the canary gets no traffic until they do'
  if (silent > quietAfter(setup))
    return `the gateway's counters have not moved on for ${whole(silent)} s: the weight stays`
  if (engine.full !== undefined) return undefined
  const step = steps?.[engine.step]
  const due = step ? engine.seen - engine.since >= step.for : engine.seen >= method.deadline
  const seen = step ? engine.onRung : engine.requests
  if (!due || seen >= Math.max(1, method.minRequests)) return undefined
  return seen === 0
    ? `no request has reached ${canary} yet`
    : `only ${seen} of ${method.minRequests} requests have reached ${canary}`
}

/** Why the canary holds what it holds. */
export function whyWeight(setup: EngineSetup, engine: Engine, rate: number | undefined): string {
  const { method } = setup
  const { cause, atMost, harm } = engine
  const bound = `at most ${points(atMost, Math.ceil)} worse`
  const sentences: Record<Engine['cause'], string> = {
    first:
      rate === undefined
        ? 'it begins with the least: the traffic is not known'
        : `it begins where a broken canary harms about ${method.firstRequests} requests`,
    risk: `${bound}; more would put over ${method.stepRequests} requests at risk before the next look`,
    impact: `${bound}; more could raise the service's error rate by over ${points(method.maxErrorRise)}`,
    schedule: `${bound}; little traffic goes up by the clock while it is calm`,
    most: `${bound}; more than ${percent(method.unprovenMax)} only when it is within ${points(method.errorMargin)}`,
    unseen: 'this weight has not answered a request yet',
    doubt: `in doubt: evidence of harm ${whole(harm)}, it goes on below ${method.clear}`,
    verify: `in doubt: compared anew at ${percent(method.verifyWeight)}, where stable has traffic enough`,
    proven: `proven: ${bound}, within ${points(method.errorMargin)}`,
    due: `${method.deadline} s are over without harm shown; not proven: ${bound}`,
    blind: 'the metrics were lost',
    step: 'a listed step',
  }
  return sentences[cause]
}

const whole = (value: number): string => String(Math.floor(value))
