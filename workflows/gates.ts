// What keeps a release's weight from rising: gates, windows, a pause, a freeze, and harm that a person must decide on.
// The weight stays where it is, and the watch goes on: whatever is asked here can be answered while the canary is looked at.
import { ApplicationFailure, condition, isCancellation } from '@temporalio/workflow'
import type { Bar, Barred } from '../activities/bar.ts'
import type { HookAsked } from '../activities/hooks.ts'
import { type ApprovalFacts, isApproved, nameOf, refusal, withPusher } from '../domain/approval.ts'
import type { CommandRequest } from '../domain/command.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Gate, GatePoint, HookGate } from '../domain/gate.ts'
import { asks, opened } from '../domain/gate-words.ts'
import type { Plan } from '../domain/release.ts'
import { asking, awaiting } from './activities.ts'
import { cutter } from './cut.ts'
import { failureOf } from './failure.ts'
import type { Frozen } from './messages.ts'
import type { Story } from './story.ts'
import { type Closed, comingGates, type Held, type Reached, tail, waitingOf } from './waiting.ts'

export interface Gates {
  /** The plan is known: these gates will come, and this is what their hooks are told. */
  readonly prepare: (plan: Plan, facts: ApprovalFacts, asked: (gate: HookGate) => HookAsked) => void
  /** What the next watch at this weight must mind; `next` when the plan says what comes after it. */
  readonly bar: (weight: number, next?: GatePoint) => Bar | undefined
  /** Runs a watch; it ends early, without a word when it had none, when something changes here. */
  readonly attend: <Seen>(watch: () => Promise<Seen>) => Promise<Seen | undefined>
  /** Whether the last watch ended because something changed here, or was due. */
  readonly wasCut: (at: number | undefined) => boolean
  /** The canary wants what it may not have: the gates that bar it begin to ask. */
  readonly reach: (barred: Pick<Barred<unknown>, 'wants' | 'closed' | 'at'>) => void
  /** Nothing bars the canary any more, or it does not want more. */
  readonly leave: () => void
  /** Whether a person keeps every weight from rising at this moment. */
  readonly isHeld: () => boolean
  /** Waits, without a watch, until the canary may have this. */
  readonly pass: (point: GatePoint) => Promise<void>
  /** Harm, where a person shall decide: waits for the command that does. */
  readonly decide: (reason: string) => Promise<void>
  /** Lets time pass: what is over is decided. Throws when that ends the release. */
  readonly tick: (at: number) => void
  /** A person said: all of it, at once. */
  readonly promoted: () => boolean

  readonly freeze: (frozen: Frozen | null) => void
  /** Somebody said who pushed the commit. */
  readonly learn: (pusher: string) => void
  readonly pause: (request: CommandRequest) => string
  readonly resume: (request: CommandRequest) => string
  readonly promote: (request: CommandRequest) => string
  readonly approve: (request: CommandRequest) => string
  /** Why the command cannot be followed now. */
  readonly refuses: (request: CommandRequest) => string | undefined
  /** The gate that it is meant for waits, does not count it, and nobody who looks at the gate can see why yet. */
  readonly isTurnedAway: (request: CommandRequest) => boolean
  /** Shows whoever looks at the gate why it did not count, and returns it. */
  readonly turnAway: (request: CommandRequest) => string | undefined
}

export function openGates(story: Story, frozenAtFirst: Frozen | undefined): Gates {
  let plan: Plan | undefined
  let facts: ApprovalFacts = { people: {}, authors: [] }
  const pushers: string[] = []
  let questionOf: ((gate: HookGate) => HookAsked) | undefined
  const passed = new Set<string>()
  const reached = new Map<string, Reached>()
  let wanted: GatePoint | undefined
  let closed: Closed | undefined
  let paused: Held['paused']
  let frozen = frozenAtFirst
  let decision: Held['decision']
  let promotedBy: string | undefined
  let changes = 0
  let wakeAt: number | undefined
  const cut = cutter()

  /** Something that a watch was told is not so any more. */
  function change(): void {
    changes += 1
    wanted = undefined
    closed = undefined
    cut.now()
    say()
  }
  function say(): void {
    story.wait(waitingOf({ decision, paused, frozen, reached: [...reached.values()], closed }))
  }
  const phase = () => story.status().phase
  const isHeld = () => paused !== undefined || frozen !== undefined
  const ahead = (): readonly Gate[] => (plan?.gates ?? []).filter(({ name }) => !passed.has(name))
  const barring = (point: GatePoint): readonly Gate[] =>
    ahead().filter(({ before }) => isBefore(before, point))

  function reachGate(gate: Gate, at: number): void {
    if (reached.has(gate.name)) return
    const remind = gate.kind === 'approval' && gate.remind ? { remindAt: at + gate.remind } : {}
    reached.set(gate.name, { gate, since: at, approvedBy: [], turnedAway: [], ...remind })
    story.tell(phase(), `${gate.name} is reached: ${asks(gate)}`)
    if (gate.kind === 'hook') void ask(gate)
  }
  function open(gate: Gate, why: string): void {
    passed.add(gate.name)
    reached.delete(gate.name)
    story.note(phase(), opened(gate.name, why))
    change()
  }
  async function ask(gate: HookGate): Promise<void> {
    if (!questionOf) return
    try {
      const answer = await asking.askHook.executeWithOptions({ summary: gate.name }, [questionOf(gate)])
      if (promotedBy !== undefined) return
      if (answer.passed || (answer.silent && gate.otherwise === 'pass')) open(gate, answer.message)
      else refuse(gate, answer.message)
    } catch (error) {
      if (!isCancellation(error)) refuse(gate, failureOf(error).message)
    }
  }
  function refuse(gate: HookGate, refused: string): void {
    const one = reached.get(gate.name)
    if (one) reached.set(gate.name, { ...one, refused })
    change()
  }

  function tick(at: number): void {
    for (const one of reached.values()) {
      if (one.refused !== undefined) throw closedFor(`${one.gate.name} refused: ${one.refused}`)
      if (one.gate.kind === 'hook') continue
      if (at >= one.since + one.gate.timeout) runOut(one)
      else if (one.remindAt !== undefined && at >= one.remindAt) remind(one, at)
    }
  }
  function runOut({ gate }: Reached): void {
    const late = `${gate.name} was not opened in ${formatDuration(gate.timeout)}`
    if (gate.otherwise === 'abort') throw closedFor(late)
    open(gate, `${late}, and then it passes`)
  }
  function remind(one: Reached, at: number): void {
    const { gate, since } = one
    const every = gate.kind === 'approval' ? (gate.remind ?? gate.timeout) : gate.timeout
    reached.set(gate.name, { ...one, remindAt: at + every })
    story.tell(
      phase(),
      `${gate.name} still waits, for ${formatDuration(Math.round((at - since) / 1000) * 1000)}: ${asks(gate)}`,
    )
  }
  /** The gates that wait for people. */
  const waitingOnPeople = () => [...reached.values()].filter(({ gate }) => gate.kind === 'approval')

  /** When something here is due by itself. */
  function nextDue(): number | undefined {
    const times = waitingOnPeople().flatMap(({ gate, since, remindAt }) => [
      since + gate.timeout,
      ...(remindAt === undefined ? [] : [remindAt]),
    ])
    return times.length > 0 ? Math.min(...times) : undefined
  }
  /** The gate that an approval is meant for. */
  function waitingFor({ step }: CommandRequest): Reached | undefined {
    return step === undefined
      ? waitingOnPeople()[0]
      : waitingOnPeople().find(({ gate }) => gate.name === step)
  }
  /** A reason that is known needs no more room, and who asks without end gets no more than this. */
  function turnedAway(request: CommandRequest): { readonly one: Reached; readonly why: string } | undefined {
    const one = request.verb === 'approve' ? waitingFor(request) : undefined
    if (one?.gate.kind !== 'approval' || one.turnedAway.length >= turnedAwayAtMost) return undefined
    const why = refusal(one.gate, one.approvedBy, principalOf(request), facts)
    return why === undefined || one.turnedAway.includes(why) ? undefined : { one, why }
  }
  function ceiling(weight: number, next: GatePoint | undefined): number | undefined {
    if (isHeld()) return weight
    if (next !== undefined) return barring(next).length > 0 ? weight : undefined
    const gates = ahead()
    if (gates.length === 0) return undefined
    return Math.min(1000, ...gates.map(({ before }) => (before === 'promotion' ? 1000 : before - 1)))
  }

  return {
    prepare(made, about, hook) {
      plan = made
      facts = pushers.reduce(withPusher, about)
      questionOf = hook
      say()
    },
    bar(weight, next) {
      const atMost = ceiling(weight, next)
      const windows = plan?.windows ?? []
      wakeAt = nextDue()
      if (atMost === undefined && windows.length === 0) return undefined
      return {
        ...(atMost !== undefined && { atMost }),
        ...(windows.length > 0 && { windows }),
        told: wanted !== undefined,
        ...(wakeAt !== undefined && { wakeAt }),
      }
    },
    attend: cut.run,
    wasCut: (at) => cut.happened() || (at !== undefined && wakeAt !== undefined && at >= wakeAt),
    reach(barred) {
      wanted = barred.wants
      closed = barred.closed
      if (!isHeld()) for (const gate of barring(barred.wants)) reachGate(gate, barred.at)
      say()
    },
    leave() {
      wanted = undefined
      closed = undefined
      say()
    },
    isHeld: () => promotedBy === undefined && isHeld(),
    async pass(point) {
      for (;;) {
        if (promotedBy !== undefined) return
        tick(Date.now())
        const seen = changes
        if (!isHeld()) for (const gate of barring(point)) reachGate(gate, Date.now())
        if (!isHeld() && barring(point).length === 0) {
          if (await isOpenNow()) return
          continue
        }
        say()
        const due = nextDue()
        const changed = () => changes !== seen
        if (due === undefined) await condition(changed)
        else await condition(changed, Math.max(1, due - Date.now()))
      }
    },
    async decide(reason) {
      decision = { reason, since: Date.now() }
      story.tell(phase(), `${reason}; the weight stays where it is until a person decides`)
      say()
      await condition(() => promotedBy !== undefined)
      decision = undefined
      say()
    },
    tick,
    promoted: () => promotedBy !== undefined,

    learn(pusher) {
      if (pushers.includes(pusher)) return
      pushers.push(pusher)
      facts = withPusher(facts, pusher)
      // Why somebody was turned away may not be so any more.
      const away = waitingOnPeople().filter((one) => one.turnedAway.length > 0)
      for (const one of away) reached.set(one.gate.name, { ...one, turnedAway: [] })
      if (away.length > 0) change()
    },
    freeze(next) {
      frozen = next ?? undefined
      change()
    },
    pause({ by, reason }) {
      paused = { by, reason, since: Date.now() }
      story.note(phase(), `paused by ${by}${tail(reason)}`)
      change()
      return 'its weight does not rise until it is resumed; a canary that turns bad is taken back all the same'
    },
    resume({ by, reason }) {
      paused = undefined
      story.note(phase(), `resumed by ${by}${tail(reason)}`)
      change()
      return 'it goes on'
    },
    promote({ by, reason }) {
      promotedBy = by
      reached.clear()
      story.note(phase(), `promoted by ${by}${tail(reason)}: neither the judge nor a gate is asked any more`)
      change()
      return 'it gets all traffic as soon as its pods can take it'
    },
    approve(request) {
      const one = waitingFor(request)
      if (one?.gate.kind !== 'approval') throw new Error('approved without a gate')
      const approvedBy = [...one.approvedBy, nameOf(facts.people, principalOf(request))]
      reached.set(one.gate.name, { ...one, approvedBy })
      story.note(phase(), `${one.gate.name} approved by ${request.by}${tail(request.reason)}`)
      if (isApproved(one.gate, approvedBy)) {
        open(one.gate, `approved by ${approvedBy.join(', ')}`)
        return `${one.gate.name} is open`
      }
      say()
      return `${one.gate.name} has ${approvedBy.length} of ${one.gate.approvals} approvals`
    },
    isTurnedAway: (request) => turnedAway(request) !== undefined,
    turnAway(request) {
      const away = turnedAway(request)
      if (!away) return undefined
      const { one, why } = away
      reached.set(one.gate.name, { ...one, turnedAway: [...one.turnedAway, why] })
      // A watch that knows nothing of it would report it away.
      change()
      return why
    },
    refuses(request) {
      const { verb } = request
      if (verb === 'pause' && paused) return `it is paused already, by ${paused.by}; it can be resumed`
      if (verb === 'resume' && !paused)
        return `it is not paused${frozen ? '; its App is frozen: unfreeze the App' : ''}`
      if (verb !== 'approve') return undefined
      const one = waitingFor(request)
      if (one?.gate.kind === 'approval') return refusal(one.gate, one.approvedBy, principalOf(request), facts)
      return `no gate waits for approval${comingGates(ahead(), request.step)}`
    },
  }

  /** False when it was closed for a while: ask everything again. */
  async function isOpenNow(): Promise<boolean> {
    const windows = plan?.windows ?? []
    if (windows.length === 0) return true
    const told = closed !== undefined
    const asked = { windows, told }
    const summary = 'until a window opens'
    const opening = await cut.run(() => awaiting.awaitOpening.executeWithOptions({ summary }, [asked]))
    closed = opening?.open === false ? opening : undefined
    say()
    return opening?.open ?? false
  }
}

/** At one gate. */
const turnedAwayAtMost = 10

const isBefore = (before: GatePoint, point: GatePoint): boolean =>
  point === 'promotion' || (before !== 'promotion' && before <= point)

const principalOf = ({ principal, by }: CommandRequest): string => principal ?? `user:${by}`

/** Ends the release from inside: nobody let it through. */
const closedFor = (why: string) => ApplicationFailure.nonRetryable(why, 'GateClosed')
