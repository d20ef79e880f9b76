// When an App's workflow looks again: at once for what somebody waits for; hints wait for each other.
import { condition, patched } from '@temporalio/workflow'
import type { Life } from './life.ts'

/** What comes within this time after a look, in milliseconds, is looked at together: a storm costs no more than a look in it. */
const rest = 2_000

export async function hearNews(life: Life): Promise<void> {
  const news = () => hasNews(life) || hasEnded(life)
  if (life.lookAgainIn === undefined) await condition(news)
  else await condition(news, life.lookAgainIn)
  await gather(life)
}

/** A push alone is looked at when it comes; what somebody waits for is, whenever it comes. */
async function gather(life: Life): Promise<void> {
  const urgent = () => life.moved || hasEnded(life)
  const early = life.lookedAt + rest - Date.now()
  if (urgent() || !life.hinted || early <= 0 || !patched('hints are gathered')) return
  await condition(urgent, early)
}

export const hasNews = ({ moved, hinted }: Life): boolean => moved || hinted

const hasEnded = ({ state, endings }: Life) => state.active !== undefined && endings.has(state.active.seq)
