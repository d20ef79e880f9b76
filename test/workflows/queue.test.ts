// The App's queue, told the wildest stories: pushes, late and forged deliveries, looks, endings, losses, in any order.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sight } from '../../activities/source.ts'
import type { Outcome } from '../../domain/release.ts'
import type { AppState } from '../../workflows/messages.ts'
import { decide, ended, rebuilt, unanswered } from '../../workflows/queue.ts'
import {
  app,
  comeToRest,
  type Event,
  happen,
  look,
  memoryOf,
  nothing,
  push,
  type Supersede,
  shaOf,
  tell,
  type World,
  world,
} from './queue-story.ts'

const which = fc.nat({ max: 60 })
const supersede = fc.constantFrom<Supersede>('latest', 'queue')
const outcome = fc.constantFrom<Outcome>('promoted', 'rolled-back', 'failed', 'superseded', 'aborted')
const forward: fc.Arbitrary<Event>[] = [
  fc.record({ event: fc.constant('push'), supersede, told: fc.boolean() }),
  fc.record({ event: fc.constant('tell again'), which }),
  fc.record({ event: fc.constant('forge'), which }),
  fc.constant({ event: 'look' }),
  fc.record({ event: fc.constant('end'), outcome }),
]
const loss: fc.Arbitrary<Event> = fc.constant({ event: 'lose the App' })
const forceBacks: fc.Arbitrary<Event> = fc.record({ event: fc.constant('force back'), which })
const stories = (...events: fc.Arbitrary<Event>[]) =>
  fc.array(fc.oneof(...events), { maxLength: 60, size: 'max' })
const anyStory = stories(...forward, forceBacks, loss)

/** Holds after every event of any story. */
function always(told: fc.Arbitrary<Event[]>, holds: (story: World, before: World) => void): void {
  fc.assert(
    fc.property(told, (events) => {
      const story = world()
      for (const event of events) {
        const before = structuredClone(story)
        happen(story, event)
        holds(story, before)
      }
    }),
  )
}

const shas = (ring: AppState['outcomes']) => ring.map(({ sha }) => sha)
const badlyEnded = ({ entries }: World) =>
  entries.filter(({ outcome }) => outcome && ['rolled-back', 'failed', 'aborted'].includes(outcome))

describe('whatever happens', () => {
  it('at most one release is active, and the App knows which', () => {
    always(anyStory, ({ entries, state }) => {
      const open = entries.filter(({ outcome }) => !outcome).map(({ release }) => release)
      expect(open).toEqual(state.active ? [state.active] : [])
    })
  })

  it('numbers only rise', () => {
    always(anyStory, ({ entries, state }) => {
      const numbers = entries.map(({ release }) => release.seq)
      expect(numbers).toEqual(numbers.map((_, i) => i + 1))
      expect(state.seq).toBe(numbers.length)
    })
  })

  it('at most one commit waits: the newest that was seen, behind a release of another', () => {
    const looks = (event: Event) => ['look', 'end', 'lose the App'].includes(event.event)
    const thenLook = anyStory.map((events) =>
      events.flatMap((event) => (looks(event) ? [event] : [event, { event: 'look' } as const])),
    )
    always(thenLook, ({ state }) => {
      if (state.waiting) expect(state.active).toBeDefined()
      if (state.waiting) expect(state.waiting.sha).not.toBe(state.active?.sha)
    })
    fc.assert(
      fc.property(thenLook, (events) => {
        const story = world()
        for (const event of events) happen(story, event)
        look(story)
        const { waiting, active, rejected } = story.state
        const head = story.branch.at(-1)
        const waits = active && head && head !== active.sha && !rejected.includes(head)
        expect(waiting?.sha).toBe(waits ? head : undefined)
      }),
    )
  })

  it('what was rejected and what is stable starts nothing', () => {
    always(anyStory, (story, before) => {
      const { active } = story.state
      if (!active || active.seq === before.state.active?.seq) return
      const bad = badlyEnded(story).map(({ release }) => release.sha)
      expect(bad).not.toContain(active.sha)
      expect(story.stable).not.toBe(active.sha)
    })
  })

  it('only a commit that says `latest` takes a running release’s place', () => {
    always(anyStory, (story, before) => {
      for (const { release, by } of story.asked.slice(before.asked.length)) {
        expect(story.supersede.get(by)).toBe('latest')
        expect(story.entries).toContainEqual(expect.objectContaining({ release }))
        expect(by).not.toBe(release.sha)
      }
    })
  })

  it('and asks once, as long as the App’s memory is not lost', () => {
    always(stories(...forward, forceBacks), (story, before) => {
      const asked = story.asked.slice(before.asked.length)
      const { active, waiting } = story.state
      expect(asked.length).toBeLessThanOrEqual(1)
      for (const one of asked) {
        expect(one).toEqual({ release: active, by: waiting?.sha })
        expect(before.state.waiting?.sha).not.toBe(one.by)
      }
    })
  })

  it('whoever waits with `latest` has asked for room', () => {
    always(anyStory, ({ state: { active, waiting }, supersede, asked }) => {
      if (!active || !waiting || supersede.get(waiting.sha) !== 'latest') return
      expect(asked).toContainEqual({ release: active, by: waiting.sha })
    })
  })

  it('an App that was lost knows again what it knew', () => {
    const setOf = ({ seq, active, rejected, seen, outcomes }: AppState) => ({
      seq,
      active,
      rejected: new Set(rejected),
      seen: new Set(seen),
      outcomes: outcomes.length,
    })
    always(anyStory, (story) => {
      expect(setOf(rebuilt(memoryOf(story)))).toEqual(setOf(story.state))
    })
  })
})

describe('every push is answered', () => {
  it('exactly once, when the branch only goes forward', () => {
    fc.assert(
      fc.property(stories(...forward, loss), (events) => {
        const story = world()
        for (const event of events) happen(story, event)
        comeToRest(story)
        const answered = story.entries.filter(({ outcome }) => outcome).map(({ release }) => release.sha)
        expect(new Set(answered).size).toBe(answered.length)
        for (const sha of story.told) expect(answered).toContain(sha)
      }),
    )
  })

  it('also when the branch is set back', () => {
    fc.assert(
      fc.property(anyStory, (events) => {
        const story = world()
        for (const event of events) happen(story, event)
        comeToRest(story)
        const answered = story.entries.filter(({ outcome }) => outcome).map(({ release }) => release.sha)
        expect(new Set(answered)).toEqual(new Set([...story.told, ...answered]))
      }),
    )
  })

  it('and the head is stable or rejected, once there is nothing more to do', () => {
    fc.assert(
      fc.property(anyStory, (events) => {
        const story = world()
        for (const event of events) happen(story, event)
        comeToRest(story)
        const head = story.branch.at(-1)
        const settled = [story.stable, ...badlyEnded(story).map(({ release }) => release.sha)]
        if (head) expect(settled).toContain(head)
        expect(story.state.waiting).toBeUndefined()
      }),
    )
  })

  it('also when more come at once than one look takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 90, max: 350 }), fc.boolean(), (many, twice) => {
        const story = world()
        for (let i = 0; i < many; i += 1) push(story, { supersede: 'latest', told: true })
        if (twice) for (const sha of story.pushed) tell(story, sha)
        comeToRest(story)
        const answered = story.entries.map(({ release }) => release.sha)
        expect(answered.toSorted()).toEqual(story.pushed.toSorted())
      }),
      { numRuns: 25 },
    )
  })

  it('one look takes a bounded number, those that waited first', () => {
    const pushed = Array.from({ length: 250 }, (_, i) => shaOf(i + 1))
    const waits = { ...nothing, waiting: { sha: shaOf(999) } }
    const { now, later } = unanswered(waits, pushed)
    expect([now.length, now[0]]).toEqual([100, shaOf(999)])
    expect([...now, ...later]).toEqual([shaOf(999), ...pushed])
  })

  it('what is on its way, or serves since longer than anybody remembers, is no news', () => {
    const stable = { revision: 'shop-0000001', sha: shaOf(1) }
    const state = { ...nothing, stable, active: { app, seq: 2, sha: shaOf(2) } }
    expect(unanswered(state, [1, 2, 3].map(shaOf))).toEqual({ now: [shaOf(3)], later: [] })
  })

  it('a sender that saw no commit is owed nothing', () => {
    expect(unanswered(nothing, [shaOf(0)])).toEqual({ now: [], later: [] })
  })
})

describe('a newer push', () => {
  const active = { app, seq: 1, sha: shaOf(1) }
  const running = { ...nothing, seq: 1, active }
  const head = (supersede: Supersede): Sight => ({ head: { sha: shaOf(2), supersede }, overtaken: [] })

  it('with `latest` comes at once', () => {
    expect(decide(running, head('latest'))).toEqual({ kind: 'wait', sha: shaOf(2), supersede: 'latest' })
  })

  it('with `queue` lets the running release end', () => {
    expect(decide(running, head('queue'))).toEqual({ kind: 'wait', sha: shaOf(2), supersede: 'queue' })
  })

  it('is released when nothing runs', () => {
    expect(decide({ ...nothing, seq: 1 }, head('queue'))).toEqual({ kind: 'release', sha: shaOf(2) })
  })

  it('never comes from a branch that has no commit', () => {
    expect(decide(running, { overtaken: [] })).toEqual({ kind: 'nothing', why: 'the branch has no commit' })
  })
})

describe('what an App remembers', () => {
  const outcomes = fc.array(outcome, { maxLength: 400, size: 'max' })
  const live = (all: readonly Outcome[]) =>
    all.reduce((state, one, i) => ended(state, { app, seq: i + 1, sha: shaOf(i + 1) }, one), nothing)

  it('stays small, the newest first', () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        const newestFirst = all.map((_, i) => shaOf(i + 1)).reverse()
        const bad = newestFirst.filter((_, i) => /rolled-back|failed|aborted/.test(all.at(-1 - i) ?? ''))
        const state = live(all)
        expect(state.seen).toEqual(newestFirst.slice(0, 200))
        expect(state.rejected).toEqual(bad.slice(0, 100))
        expect(shas(state.outcomes)).toEqual(newestFirst.slice(0, 20))
      }),
      { numRuns: 30 },
    )
  })

  it('is what the cluster remembers, however long the history', () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        const releases = all
          .map((one, i) => ({
            release: { app, seq: i + 1, sha: shaOf(i + 1) },
            phase: 'done' as const,
            outcome: one,
          }))
          .reverse()
        expect(rebuilt({ seq: all.length, releases })).toEqual(live(all))
      }),
      { numRuns: 30 },
    )
  })

  it('does not forget a running release when another ends', () => {
    const active = { app, seq: 2, sha: shaOf(2) }
    const state = { ...nothing, seq: 3, active }
    expect(ended(state, { app, seq: 3, sha: shaOf(3) }, 'superseded')).toMatchObject({ seq: 3, active })
    expect(ended(state, active, 'promoted')).not.toHaveProperty('active')
  })

  it('holds a commit once, however often it was released', () => {
    const twice = [1, 2].reduce((state, seq) => ended(state, { app, seq, sha: shaOf(1) }, 'aborted'), nothing)
    expect(twice).toMatchObject({ seq: 2, rejected: [shaOf(1)], seen: [shaOf(1)] })
    expect(twice.outcomes.map(({ release }) => release)).toEqual(['shop-2', 'shop-1'])
  })
})
