// Tells others of one release how it goes: the commit, and programs. No release waits for it, and it outlives the release until all is told.
import { condition, defineSignal, log, setHandler, upsertSearchAttributes } from '@temporalio/workflow'
import { type News, releaseMoved, type TellInput } from '../domain/telling.ts'
import { telling } from './activities.ts'
import { failureOf } from './failure.ts'
import { searchAttributes } from './search-attributes.ts'

const moved = defineSignal<[News]>(releaseMoved)

/** Between two words about the same standing. */
const pause = '10s'
/** A release of which nothing is heard for so long has no last word to come. */
const silence = '30 days'

export async function tell({ release, repository, events }: TellInput): Promise<void> {
  const { app } = release
  upsertSearchAttributes([{ key: searchAttributes.app, value: `${app.namespace}/${app.name}` }])
  const heard: News[] = []
  setHandler(moved, (news) => void heard.push(news))

  async function tellCommit(on: string): Promise<void> {
    let told: Awaited<ReturnType<typeof telling.tellCommit>>['told']
    await follow(heard, async ({ standing }) => {
      const given = { release, repository: on, ...(told && { told }) }
      const answer = await telling.tellCommit.executeWithOptions({ summary: standing }, [given])
      told = answer.told ?? told
    })
  }
  async function sendEvents(): Promise<void> {
    let sent = 0
    await follow(heard, async ({ standing }) => {
      sent = await telling.sendEvents.executeWithOptions({ summary: standing }, [{ release, sent }])
    })
  }

  // Who is away does not hold up the other.
  const ends = await Promise.allSettled([repository && tellCommit(repository), events && sendEvents()])
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Delivers each news once it is the newest, until the release's last word is delivered; fails when that cannot be. */
async function follow(heard: readonly News[], deliver: (news: News) => Promise<void>): Promise<void> {
  let delivered = 0
  let before: string | undefined
  const newest = () => heard.at(-1)
  for (;;) {
    if (!(await condition(() => heard.length > delivered, silence))) return
    if (newest()?.standing === before) await condition(() => newest()?.standing !== before, pause)
    const news = newest()
    if (!news) return
    delivered = heard.length
    before = news.standing
    await deliver(news).catch((error: unknown) => {
      if (news.ended && delivered === heard.length) throw error
      log.warn('others were not told of the release', { standing: news.standing, ...failureOf(error) })
    })
    if (news.ended && delivered === heard.length) return
  }
}
