// When an App's workflow looks again: at once for what somebody waits for; hints wait for each other.
import { condition, patched } from '@temporalio/workflow'
import type { Life } from './life.ts'

/** What comes within this time after a look, in milliseconds, is looked at together: a storm costs no more than a look in it. */
export const shortRest = 2_000
/** While it storms each rest is twice the last: the same commits in fewer looks. No push waits longer than this. */
const longRest = 10_000

export async function hearNews(life: Life): Promise<void> {
  const news = () => hasNews(life) || hasEnded(life)
  if (life.lookAgainIn === undefined) await condition(news)
  else await condition(news, life.lookAgainIn)
  await gather(life)
}

/** A push alone is looked at when it comes; what somebody waits for is, whenever it comes. */
async function gather(life: Life): Promise<void> {
  const urgent = () => life.moved || hasEnded(life)
  const early = life.lookedAt + life.rest - Date.now()
  if (early <= 0) life.rest = shortRest
  if (urgent() || !life.hinted || early <= 0 || !patched('hints are gathered')) return
  if ((await condition(urgent, early)) || !patched('rests grow')) return
  life.rest = Math.min(2 * life.rest, longRest)
}

export const hasNews = ({ moved, hinted }: Life): boolean => moved || hinted

const hasEnded = ({ state, endings }: Life) => state.active !== undefined && endings.has(state.active.seq)
