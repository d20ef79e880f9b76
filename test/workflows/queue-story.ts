// One App's story without Temporal: a branch, deliveries, looks, endings and losses, in whatever order a test tells them.
import { expect } from 'vitest'
import type { Sight } from '../../activities/source.ts'
import type { Outcome, ReleaseRef } from '../../domain/release.ts'
import { decide, ended, rebuilt, unanswered } from '../../workflows/queue.ts'

export const app = { namespace: 'default', name: 'shop' }
export const shaOf = (number: number): string => number.toString(16).padStart(40, '0')
const forgedShaOf = (number: number): string => shaOf(number).replace(/^0/, 'f')
export const nothing = rebuilt({ seq: 0, releases: [] })

export type Supersede = 'latest' | 'queue'
export type Event =
  | { readonly event: 'push'; readonly supersede: Supersede; readonly told: boolean }
  | { readonly event: 'tell again'; readonly which: number }
  | { readonly event: 'forge'; readonly which: number }
  | { readonly event: 'force back'; readonly which: number }
  | { readonly event: 'look' }
  | { readonly event: 'end'; readonly outcome: Outcome }
  | { readonly event: 'lose the App' }

interface Entry {
  readonly release: ReleaseRef
  outcome?: Outcome
}

/** The world around one App, and the App's workflow without Temporal: it acts on each decision as `app.ts` does. */
export function world() {
  const story = {
    state: nothing,
    /** What the branch has, oldest first. */
    branch: [] as string[],
    /** What was ever on it. */
    pushed: [] as string[],
    supersede: new Map<string, Supersede>(),
    stable: undefined as string | undefined,
    /** Commits somebody told the App of, and those that no look has taken up yet. */
    told: new Set<string>(),
    heard: [] as string[],
    /** Every number that was ever given, in the order of giving. */
    entries: [] as Entry[],
    /** Who was asked to make room, for whom. */
    asked: [] as { readonly release: ReleaseRef; readonly by: string }[],
  }
  return story
}
export type World = ReturnType<typeof world>

export function happen(story: World, event: Event): void {
  switch (event.event) {
    case 'push':
      push(story, event)
      break
    case 'tell again':
      tell(story, oneOf(story.pushed, event.which))
      break
    case 'forge':
      tell(story, forgedShaOf(event.which))
      break
    case 'force back':
      forceBack(story, event.which)
      break
    case 'end':
      end(story, event.outcome)
      break
    case 'lose the App':
      loseTheApp(story)
      break
    case 'look':
      look(story)
  }
}

export function push(story: World, { supersede, told }: { supersede: Supersede; told: boolean }): void {
  const sha = shaOf(story.pushed.length + 1)
  story.branch.push(sha)
  story.pushed.push(sha)
  story.supersede.set(sha, supersede)
  if (told) tell(story, sha)
}

export function tell(story: World, sha: string | undefined): void {
  if (sha === undefined) return
  story.told.add(sha)
  story.heard.push(sha)
}

function forceBack(story: World, which: number): void {
  const to = oneOf(story.branch, which)
  if (to === undefined) return
  story.branch = story.branch.slice(0, story.branch.indexOf(to) + 1)
  tell(story, to)
}

function end(story: World, outcome: Outcome): void {
  const { active } = story.state
  if (!active) return
  const told = story.asked.some(({ release }) => release.seq === active.seq)
  // Nobody else can have superseded it.
  const really = outcome === 'superseded' && !told ? 'promoted' : outcome
  finish(story, active, really)
  if (really === 'promoted') story.stable = active.sha
  story.state = ended(story.state, active, really)
  look(story)
}

export function look(story: World): void {
  const { now, later } = unanswered(story.state, story.heard)
  const sight = sightOf(story, now)
  story.heard = [...later]
  for (const { sha, onBranch } of sight.overtaken) {
    const release = begin(story, sha)
    finish(story, release, onBranch ? 'superseded' : 'ignored')
    story.state = ended({ ...story.state, seq: release.seq }, release, onBranch ? 'superseded' : 'ignored')
  }
  const before = story.state
  const decision = decide(before, sight)
  const { waiting, stable: _, ...rest } = before
  story.state = { ...rest, ...(sight.stable && { stable: sight.stable }) }
  if (decision.kind === 'wait') {
    story.state = { ...story.state, waiting: { sha: decision.sha } }
    const news = waiting?.sha !== decision.sha
    if (decision.supersede === 'latest' && news && before.active)
      story.asked.push({ release: before.active, by: decision.sha })
  }
  if (decision.kind === 'release') {
    const active = begin(story, decision.sha)
    story.state = { ...story.state, seq: active.seq, active }
  }
}

function sightOf({ branch, supersede, stable }: World, pushed: readonly string[]): Sight {
  const sha = branch.at(-1)
  const others = pushed.filter((one) => one !== sha)
  return {
    ...(sha && { head: { sha, supersede: supersede.get(sha) ?? 'latest' } }),
    ...(stable && { stable: { revision: `shop-${stable.slice(-7)}`, sha: stable } }),
    overtaken: others.map((one) => ({ sha: one, onBranch: branch.includes(one) })),
  }
}

function begin({ state, entries }: World, sha: string): ReleaseRef {
  const release = { app, seq: state.seq + 1, sha }
  entries.push({ release })
  return release
}

function finish({ entries }: World, { seq }: ReleaseRef, outcome: Outcome): void {
  const entry = entries.find(({ release }) => release.seq === seq)
  expect(entry, `release ${seq} ends, but never began`).toBeDefined()
  expect(entry?.outcome, `release ${seq} ends twice`).toBeUndefined()
  if (entry) entry.outcome = outcome
}

export const memoryOf = ({ entries }: World) => ({
  seq: Math.max(0, ...entries.map(({ release }) => release.seq)),
  releases: entries
    .map(({ release, outcome }) => ({ release, phase: 'done' as const, ...(outcome && { outcome }) }))
    .reverse(),
})

/** The cluster does not remember who waits: only a branch that did not move since the last look gives the waiting commit back. */
function loseTheApp(story: World): void {
  look(story)
  story.state = rebuilt(memoryOf(story))
  look(story)
}

/** Nothing new happens, and what runs succeeds, until the App has nothing to do. */
export function comeToRest(story: World): void {
  look(story)
  for (let i = 0; story.state.active || story.heard.length > 0; i += 1) {
    expect(i, 'the App never comes to rest').toBeLessThan(20)
    if (story.state.active) end(story, 'promoted')
    else look(story)
  }
}

const oneOf = <One>(many: readonly One[], which: number): One | undefined => many[which % many.length]
