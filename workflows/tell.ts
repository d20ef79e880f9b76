// Tells others of one release how it goes: the commit, and programs. No release waits for it, and it outlives the release until all is told.
import {
  condition,
  continueAsNew,
  defineSignal,
  log,
  patched,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { type News, releaseMoved, type TellInput } from '../domain/telling.ts'
import { sending, telling } from './activities.ts'
import { failureOf } from './failure.ts'
import { searchAttributes } from './search-attributes.ts'

const moved = defineSignal<[News]>(releaseMoved)

/** Between two words about the same standing. */
const pause = '10s'
/** A release of which nothing is heard for so long has no last word to come. */
const silence = '30 days'

type Told = Awaited<ReturnType<typeof telling.tellCommit>>['told']

/** What an earlier history knew. */
interface Before {
  readonly news: News
  readonly told: Told
  readonly sent: number
}

export async function tell(input: TellInput, before?: Before): Promise<void> {
  const { release, repository, events, renewAfter = Number.POSITIVE_INFINITY } = input
  const { app } = release
  upsertSearchAttributes([{ key: searchAttributes.app, value: `${app.namespace}/${app.name}` }])
  const heard: News[] = before ? [before.news] : []
  setHandler(moved, (news) => void heard.push(news))
  let told = before?.told
  let sent = before?.sent ?? 0
  let words = 0
  const isLong = () => words >= renewAfter || workflowInfo().continueAsNewSuggested

  async function tellCommit(on: string): Promise<End> {
    return await follow(heard, isLong, async ({ standing, ended }) => {
      words += 1
      const given = { release, repository: on, ended, ...(told && { told }) }
      const answer = await telling.tellCommit.executeWithOptions({ summary: standing }, [given])
      told = answer.told ?? told
    })
  }
  async function sendEvents(): Promise<End> {
    return await follow(heard, isLong, async ({ standing }) => {
      words += 1
      sent = await sending.sendEvents.executeWithOptions({ summary: standing }, [{ release, sent }])
    })
  }

  // Who is away does not hold up the other.
  const ends = await Promise.allSettled([repository && tellCommit(repository), events && sendEvents()])
  const news = heard.at(-1)
  const goesOn = ends.some((end) => end.status === 'fulfilled' && end.value === 'goes on')
  // Of two, one may have left before the end was heard: it is told in the next history, before the other may fail.
  if (news && goesOn && (!news.ended || patched('whoever left is told the end'))) {
    // The newest is told once more: whoever knows it already is not told anything new.
    await continueAsNew<typeof tell>(input, { news, told, sent })
  }
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Nothing is left to deliver, or the next history does. */
type End = 'is over' | 'goes on'

/**
 * Delivers each news once it is the newest, until the release's last word is delivered, or the history is long; fails when the last
 * word cannot be delivered.
 */
async function follow(
  heard: readonly News[],
  isLong: () => boolean,
  deliver: (news: News) => Promise<void>,
): Promise<End> {
  let delivered = 0
  let before: string | undefined
  const newest = () => heard.at(-1)
  for (;;) {
    if (!(await condition(() => heard.length > delivered || isLong(), silence))) return 'is over'
    const news = newest()
    if (!news || (isLong() && !news.ended)) return 'goes on'
    if (news.standing === before) await condition(() => newest()?.standing !== before, pause)
    const now = newest() ?? news
    delivered = heard.length
    before = now.standing
    await deliver(now).catch((error: unknown) => {
      if (now.ended && delivered === heard.length) throw error
      log.warn('others were not told of the release', { standing: now.standing, ...failureOf(error) })
    })
    if (now.ended && delivered === heard.length) return 'is over'
  }
}
