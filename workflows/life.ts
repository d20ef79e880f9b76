// What changes while an App lives, and what it says to the release that runs.
import type { Duration } from '@temporalio/common'
import { getExternalWorkflowHandle, log, patched } from '@temporalio/workflow'
import type { Ending, Obituary } from '../activities/report.ts'
import { forgetOldest } from '../domain/forget.ts'
import { type ReleaseRef, releaseWorkflowId } from '../domain/release.ts'
import { closing } from './activities.ts'
import type { Courier } from './courier.ts'
import { failureOf } from './failure.ts'
import {
  type AppInput,
  type AppState,
  pushed,
  type SourceMoved,
  type Supersession,
  supersede,
} from './messages.ts'

export interface Life {
  readonly app: AppInput['app']
  state: AppState
  /** What the cluster remembers has been read. */
  remembers: boolean
  /** There is a reason to look again at once; at first it does so by itself. */
  moved: boolean
  /** Somebody said that the branch may have moved. */
  hinted: boolean
  /** When it last looked, in milliseconds since 1970. */
  lookedAt: number
  /** How long after that hints wait for each other, in milliseconds. */
  rest: number
  /** After a look that saw nothing: when to try again without being told. */
  lookAgainIn: Duration | undefined
  readonly pushed: SourceMoved[]
  /** How releases ended, by their number; null: without a word. */
  readonly endings: Map<number, Ending>
  readonly reports: Courier
  /** What the App's status said last. */
  said: string
  looks: number
  /** Who pushed what, as far as the sources said, newest last. */
  readonly pushers: Map<string, string>
}

/** The running release makes room for a newer one: it takes itself back. */
export async function giveWay({ state }: Life, newer: Supersession): Promise<void> {
  if (!state.active) return
  await getExternalWorkflowHandle(releaseWorkflowId(state.active))
    .signal(supersede, newer)
    .catch((error: unknown) => log.warn('the release has ended already', { error }))
}

export function noteThePusher({ pushers }: Life, sha: string, pusher: string): void {
  pushers.set(sha, pusher)
  forgetOldest(pushers, 100)
}

/** A release that began before anybody said who pushed is told. */
export async function learnThePushers(life: Life, pushes: readonly SourceMoved[]): Promise<void> {
  const news = pushes.flatMap(({ after, pusher }) =>
    pusher && life.pushers.get(after) !== pusher ? [{ after, pusher }] : [],
  )
  for (const { after, pusher } of news) noteThePusher(life, after, pusher)
  const { active } = life.state
  const late = news.find(({ after }) => after === active?.sha)
  if (active && late && patched('a pusher who is named late')) await tellWhoPushed(active, late.pusher)
}

export const tellWhoPushed = (active: ReleaseRef, pusher: string): Promise<void> =>
  getExternalWorkflowHandle(releaseWorkflowId(active))
    .signal(pushed, pusher)
    .catch((error: unknown) => log.warn('the release has ended already', { error }))

/** Says how commits ended that have no workflow of their own to say it. */
export async function recordOutcomes({ app }: Life, releases: readonly Obituary[]): Promise<void> {
  if (releases.length === 0) return
  const summary = `outcomes without a workflow: ${releases.length}`
  await closing.closeReleases
    .executeWithOptions({ summary }, [{ app, releases }])
    .catch((error: unknown) => log.error('outcomes were not recorded', { ...failureOf(error) }))
}
