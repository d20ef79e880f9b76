// `npm run bench -- webhooks`: deliveries as on a busy day, in a storm, and from a forger; as JSON: what was lost and how long it took.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sleep } from '../local/process.ts'
import { readState, type State } from '../local/state.ts'
import { type Delivery, deliver } from './webhooks/deliver.ts'
import { missed, type Phase, type PhaseReport, reportOf } from './webhooks/phase.ts'
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

const phasesOf = (minutes: number): readonly Phase[] => [
  { name: 'a busy day', rate: 50, seconds: Math.ceil(minutes * 60) },
  { name: 'a storm', rate: 200, seconds: 30 },
  { name: forged, rate: 200, seconds: 10 },
]
const forged = 'a forger'

async function run(state: State, targets: Targets, phase: Phase, signal: AbortSignal): Promise<PhaseReport> {
  const isForged = phase.name === forged
  const delivery = (index: number): Delivery => {
    const { payload, expected } = index % 2 === 0 ? ofAnApp(targets, index / 2) : ofNobody(index)
    return { payload, expected: isForged ? '401 signature-invalid' : expected }
  }
  const secret = isForged ? randomBytes(32).toString('hex') : secretOf(state)
  const { rate, seconds } = phase
  return reportOf(phase, await deliver({ url: urlOf(state), secret, rate, seconds, delivery, signal }))
}

function report(phases: readonly PhaseReport[], durable: number): WebhooksReport {
  const accepted = phases.reduce((sum, { answers }) => sum + (answers['202 accepted'] ?? 0), 0)
  const lost = durable < accepted ? [`${accepted} were accepted, and Temporal took ${durable}`] : []
  return { phases, accepted, durable, missed: [...phases.flatMap(missed), ...lost] }
}

function ofAnApp({ repository, branches }: Targets, index: number): Delivery {
  const branch = branches[index % branches.length]
  return { payload: push(repository, `refs/heads/${branch}`), expected: '202 accepted' }
}

const ofNobody = (index: number): Delivery => ({
  payload: push(`https://github.com/acme/other-${index}.git`, 'refs/heads/main'),
  expected: '202 ignored:repo-not-registered',
})

/** As long as real ones with a few commits: most of a delivery is what nobody reads. */
const push = (clone_url: string, ref: string) => ({
  ref,
  before: commit(),
  after: commit(),
  repository: { id: 1, full_name: 'acme/webhooks', clone_url },
  installation: { id: 1 },
  sender: { login: 'ana' },
  commits: Array.from({ length: 5 }, () => ({ id: commit(), message: 'Change'.repeat(100) })),
})
const commit = (): string => randomBytes(20).toString('hex')

const urlOf = ({ addresses }: State): string => `${addresses.api}/webhooks/github`
/** The first line: the second is the secret before it. */
const secretOf = ({ webhookSecretFile }: State): string =>
  readFileSync(webhookSecretFile, 'utf8').trim().split('\n', 1)[0] ?? ''

/** The Apps were declared a moment ago: a delivery is theirs once the api has heard of them. */
async function known(state: State, targets: Targets, signal: AbortSignal): Promise<void> {
  const rate = targets.branches.length
  const delivery = (index: number) => ofAnApp(targets, index)
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
