// `npm run bench -- webhooks`: deliveries as on a busy day, in a storm, and from a forger; as JSON: what was lost and how long it took.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sleep } from '../local/process.ts'
import { readState, type State } from '../local/state.ts'
import { type Delivery, deliver } from './webhooks/deliver.ts'
import { aDay, onlyPushes } from './webhooks/mix.ts'
import { missed, type Phase, type PhaseReport, reportOf } from './webhooks/phase.ts'
import { watchStolen } from './webhooks/stolen.ts'
import { openTargets, type Targets } from './webhooks/targets.ts'

export interface WebhooksOptions {
  /** How long the busy day is. */
  readonly minutes: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

export interface WebhooksReport {
  readonly phases: readonly PhaseReport[]
  /** Deliveries that were accepted, and messages that Temporal took meanwhile; never fewer. */
  readonly accepted: number
  readonly durable: number
  readonly missed: readonly string[]
}

/** Few enough that a storm falls on some of them many times at once, as storms do. */
const apps = 10
const pause = 2_000

/** Everything runs already. What is made for the measurement is removed, however it ends. */
export async function webhooks({ minutes, say, signal }: WebhooksOptions): Promise<WebhooksReport> {
  const state = readState()
  const targets = await openTargets(state, apps)
  try {
    await known(state, targets, signal)
    const before = await durable(state)
    const phases: PhaseReport[] = []
    for (const phase of phasesOf(minutes)) {
      if (signal.aborted) break
      say(`${phase.name}: ${phase.rate} a second for ${phase.seconds} s`)
      phases.push(await run(state, targets, phase, signal))
      await sleep(pause)
    }
    return await report(phases, (await durable(state)) - before)
  } finally {
    await targets.remove()
  }
}

const within = 500
const phasesOf = (minutes: number): readonly Phase[] => [
  { name: 'a busy day', rate: 50, seconds: Math.ceil(minutes * 60), within },
  { name: 'a storm', rate: 200, seconds: 30, within },
  { name: forged, rate: 200, seconds: 10, within },
  { name: pushesAlone, rate: 50, seconds: 30 },
]
const forged = 'a forger'
const pushesAlone = 'nothing but pushes'

async function run(state: State, targets: Targets, phase: Phase, signal: AbortSignal): Promise<PhaseReport> {
  const isForged = phase.name === forged
  const mix = phase.name === pushesAlone ? onlyPushes(targets) : aDay(targets)
  const delivery = (index: number): Delivery => {
    const one = mix(index)
    return isForged ? { ...one, expected: '401 signature-invalid' } : one
  }
  const secret = isForged ? randomBytes(32).toString('hex') : secretOf(state)
  const { rate, seconds } = phase
  const stolen = watchStolen()
  const samples = await deliver({ url: urlOf(state), secret, rate, seconds, delivery, signal })
  return reportOf(phase, samples, stolen())
}

function report(phases: readonly PhaseReport[], durable: number): WebhooksReport {
  const accepted = phases.reduce((sum, phase) => sum + phase.accepted, 0)
  const lost = durable < accepted ? [`${accepted} were accepted, and Temporal took ${durable}`] : []
  return { phases, accepted, durable, missed: [...phases.flatMap(missed), ...lost] }
}

const urlOf = ({ addresses }: State): string => `${addresses.api}/webhooks/github`
/** The first line: the second is the secret before it. */
const secretOf = ({ webhookSecretFile }: State): string =>
  readFileSync(webhookSecretFile, 'utf8').trim().split('\n', 1)[0] ?? ''

/** The Apps were declared a moment ago: a delivery is theirs once the api has heard of them. */
async function known(state: State, targets: Targets, signal: AbortSignal): Promise<void> {
  const rate = targets.branches.length
  const delivery = onlyPushes(targets)
  const plan = { url: urlOf(state), secret: secretOf(state), rate, seconds: 1, delivery, signal }
  for (let round = 1; ; round += 1) {
    const samples = await deliver(plan)
    const wrong = samples.find(({ answer, expected }) => answer !== expected)
    if (!wrong) return
    if (round === 20) throw new Error(`the api does not know the Apps of the measurement: ${wrong.answer}`)
    await sleep(1_000)
  }
}

/** Messages that Temporal took from this api since it started. */
async function durable({ addresses }: State): Promise<number> {
  const text = await (await fetch(`${addresses.api}/metrics`)).text()
  return Number(/^slipway_api_looks_total\{result="told"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}
