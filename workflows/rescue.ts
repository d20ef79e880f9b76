// Takes the traffic back for a release whose workflow is gone.
import { log } from '@temporalio/workflow'
import type { Ending } from '../activities/report.ts'
import type { Rescued } from '../activities/traffic.ts'
import { endingOfLost, type ReleaseRef, releaseName } from '../domain/release.ts'
import { keptAtMost, type Retirement } from '../domain/retirement.ts'
import { returning, running } from './activities.ts'
import { failureOf } from './failure.ts'
import { type Life, recordOutcomes } from './life.ts'

/** A release whose workflow is gone could not take itself back: its traffic is returned here, under a number of its own. */
export async function rescue(life: Life, lost: ReleaseRef): Promise<NonNullable<Ending>> {
  const { app } = life
  const seq = life.state.seq + 1
  life.state = { ...life.state, seq }
  const name = releaseName(lost)
  let promoted = false
  try {
    const found = await returning.rescueTraffic.executeWithOptions(
      { summary: `traffic back after ${name}` },
      [{ app, seq, lost }],
    )
    promoted = found.promoted ?? false
    await running.retire.executeWithOptions({ summary: `remove what ${name} left` }, [
      leftBy({ app, seq }, found),
    ])
  } catch (error) {
    log.error('the lost release could not be taken back', { ...failureOf(error) })
  }
  const ending = endingOfLost(promoted)
  await recordOutcomes(life, [{ release: lost, ...ending }])
  return ending
}

/** Everything but what the route calls stable, and what served before: a rescue takes no way back from anybody. */
function leftBy(
  { app, seq }: Pick<ReleaseRef, 'app' | 'seq'>,
  { stable, promoted, before }: Rescued,
): Retirement {
  const leaves = promoted && before !== undefined ? { revision: before, served: true } : {}
  return { app, upTo: seq, keepServed: keptAtMost, ...(stable && { keep: stable }), ...leaves }
}
