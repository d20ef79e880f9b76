// One App's home: its platform, its repository, and what is known of its life that the world does not show.
import type { AppRef, AppSource } from '../../../domain/app.ts'
import type { CommandRequest } from '../../../domain/command.ts'
import { type ReleaseRef, releaseName } from '../../../domain/release.ts'
import type { World } from '../../../platform/memory/world.ts'
import { memoryPlatform } from '../../../platform/memory.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { House } from './house.ts'
import type { Script } from './script.ts'

export interface Home {
  readonly house: House
  readonly script: Script
  readonly namespace: string
  readonly app: AppRef
  readonly source: AppSource
  readonly platform: Platform
  readonly world: World
  readonly known: Known
  /** Commits in the order of their pushes. */
  readonly pushed: string[]
  /** What happened, in order, for people. */
  readonly log: string[]
}

export function makeHome(house: House, script: Script, namespace: string): Home {
  const app: AppRef = { namespace, name: 'shop' }
  const source: AppSource = { repository: `https://git.example/${namespace}/shop`, branch: 'main' }
  const { platform, world } = memoryPlatform({ servesAfter: script.servesAfter, clock: house.clock() })
  world.declare(app, source)
  world.config.set(`${namespace}/settings`, { GREETING: 'hello' })
  const known = makeKnown(() => world.releasesOf(app).map(({ release }) => release.sha))
  return { house, script, namespace, app, source, platform, world, known, pushed: [], log: [] }
}

export type Known = ReturnType<typeof makeKnown>

function makeKnown(released: () => readonly string[]) {
  const told = new Set<string>()
  const forgotten = new Set<string>()
  const approvals = new Map<string, Set<string>>()
  const hurried = new Set<string>()
  let [endedApp, endedRelease, healthy] = [false, false, true]
  return {
    /** Pushes that were told to an App's workflow that was ended from outside before it did anything about them. */
    forgotten: (): ReadonlySet<string> => forgotten,
    /** The pushes that somebody told of. */
    told: (): ReadonlySet<string> => told,
    /** Commits that the branch was set back to. */
    again: new Set<string>(),
    /** What each commit's file says. */
    files: new Map<string, string>(),
    tell(sha: string) {
      told.add(sha)
      forgotten.delete(sha)
    },
    ask(release: ReleaseRef, verb: CommandRequest['verb'], by: string) {
      const name = releaseName(release)
      if (verb === 'promote') hurried.add(name)
      if (verb === 'approve') approvals.set(name, new Set([...(approvals.get(name) ?? []), by]))
    },
    unhealthy() {
      healthy = false
    },
    endApp() {
      endedApp = true
      const known = new Set(released())
      for (const sha of told) if (!known.has(sha)) forgotten.add(sha)
    },
    endRelease() {
      endedRelease = true
    },
    /** Somebody ended a workflow from outside. */
    violent: () => endedApp || endedRelease,
    /** No revision was ever bad by the script. */
    healthy: () => healthy,
    /** People asked for something that lets this release's weight rise without a look. */
    hurried: (release: string) => hurried.has(release),
    approvals: (release: string) => approvals.get(release)?.size ?? 0,
  }
}
