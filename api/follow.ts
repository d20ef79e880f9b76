// What the pusher reads while the release runs: its transitions, as `remote:` lines, until its outcome or for a while.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppRef } from '../domain/app.ts'
import type { AppState } from '../workflows/messages.ts'
import { quoted } from './problem.ts'
import type { Releases, SeenRelease } from './releases.ts'
import type { Sources } from './sources.ts'

export interface FollowOptions {
  readonly releases: Releases
  readonly sources: Pick<Sources, 'state'>
  /** Milliseconds until the pusher is let go. */
  readonly atMost: number
  /** Aborted when the API stops: then everybody is let go. */
  readonly closing?: AbortSignal
  readonly now?: () => number
  /** Milliseconds between two looks at the watch's copy, and between two questions to the workflow. */
  readonly every?: number
  readonly askEvery?: number
}

/** Made before the App is told to look, so that an older release of the same commit is not taken for the new one. */
export function follower(options: FollowOptions) {
  const { releases, sources, atMost, now = Date.now, every = 200, askEvery = 2_000, closing } = options
  return (app: AppRef, sha: string) => {
    const newest = releases.ofApp(app)[0]?.release.seq ?? 0
    const current = () =>
      releases
        .ofApp(app)
        .find(({ release, outcome }) => release.sha === sha && (release.seq > newest || !outcome))

    return async function* lines(gone: AbortSignal): AsyncGenerator<string> {
      const signal = closing ? AbortSignal.any([gone, closing]) : gone
      const until = now() + atMost
      let nextQuestion = now() + askEvery
      let said = ''
      let last: SeenRelease | undefined
      while (now() < until && !signal.aborted) {
        const release = current()
        if (release) {
          yield* news(release, last)
          if (release.outcome) return
          last = release
        } else if (now() >= nextQuestion) {
          const { line, final } = await whyNone(sources, app, sha)
          if (line && line !== said) yield line
          said = line || said
          if (final) return
          nextQuestion = now() + askEvery
        }
        await sleep(every, undefined, { signal }).catch(() => undefined)
      }
      const name = last?.name
      yield name
        ? `${name} goes on without you: kubectl -n ${app.namespace} get release ${name} --watch`
        : `the release of ${sha.slice(0, 7)} has not begun yet: kubectl -n ${app.namespace} get releases`
    }
  }
}

function* news(release: SeenRelease, last: SeenRelease | undefined): Generator<string> {
  const { name, phase, outcome, message, weight, transitions } = release
  const known = last?.transitions.at(-1)?.at ?? 0
  // The end is told once, with its outcome.
  const fresh = transitions.filter((step) => step.at > known && step.phase !== 'done')
  for (const step of fresh) yield* told(standing(name, step.phase, step.weight), step.message)
  const changed = phase !== last?.phase || message !== last.message
  if (outcome) yield* told(`${name}: ${outcome.toUpperCase()}`, message)
  else if (fresh.length === 0 && message && changed) yield* told(standing(name, phase, weight), message)
}

const standing = (name: string, phase: string, weight: number): string =>
  `${name}: ${phase}${weight > 0 ? ` at ${weight / 10} %` : ''}`

/** A refusal has a line for each of its problems. */
function* told(standing: string, message: string): Generator<string> {
  const [first = '', ...rest] = message.split('\n')
  yield first ? `${standing} · ${quoted(first)}` : standing
  for (const one of rest) yield `  ${quoted(one)}`
}

interface Reason {
  readonly line: string
  /** Nothing more will come of this push. */
  readonly final: boolean
}

/** There is no Release for the commit: the App's workflow knows why. */
async function whyNone(sources: Pick<Sources, 'state'>, app: AppRef, sha: string): Promise<Reason> {
  try {
    return reason(await sources.state(app), app, sha)
  } catch {
    return { line: 'no worker answers right now; the release starts as soon as one does', final: false }
  }
}

function reason(state: AppState, app: AppRef, sha: string): Reason {
  const short = sha.slice(0, 7)
  if (state.active?.sha === sha) return { line: '', final: false }
  if (state.waiting?.sha === sha) {
    return { line: `${short} waits for ${app.name}-${state.active?.seq ?? state.seq} to end`, final: false }
  }
  if (state.rejected.includes(sha)) {
    const line = `${short} was rejected before and is not tried again; push a new commit`
    return { line, final: true }
  }
  if (state.stable?.sha === sha && !state.active)
    return { line: `${short} already holds the traffic: nothing to do`, final: true }
  return { line: '', final: false }
}
