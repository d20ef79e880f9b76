// A release that brings an earlier revision back: nothing is built, nothing is judged again; its pods start, and take all traffic.
import { patched } from '@temporalio/workflow'
import { surgeOf } from '../domain/capacity.ts'
import { keptAtMost } from '../domain/retirement.ts'
import { running } from './activities.ts'
import type { Interruption } from './interruption.ts'
import type { ReleaseInput, Wanted } from './messages.ts'
import { type Ground, giveBack, takeAll } from './road.ts'

interface Means extends Pick<Ground, 'story' | 'nextEpoch'> {
  readonly interruption: Interruption
  readonly undo: (() => Promise<void>)[]
}

export async function bringBack(input: ReleaseInput, means: Means): Promise<Ground> {
  const { story, nextEpoch, interruption, undo } = means
  const { release, stable, wanted } = input
  story.tell('reading', whyBack(wanted))
  const summary = `find ${wanted?.revision ?? 'the revision before'}`
  const { revision, hosts } = await running.recall.executeWithOptions({ summary }, [
    { app: release.app, ...(wanted?.revision && { to: wanted.revision }) },
  ])
  const ground = {
    story,
    app: release.app,
    seq: release.seq,
    keepServed: keptAtMost,
    scale: 'full' as const,
    canary: revision,
    stable,
    hosts: { own: hosts, served: hosts },
    nextEpoch,
  }
  if (patched('stop what did not come back')) undo.push(() => stopAgain(ground))
  await start(ground)
  if (stable) undo.push(() => giveBack(ground))
  else interruption.passPointOfNoReturn('there is nothing to return to')
  await takeAll(ground)
  interruption.passPointOfNoReturn('it has all traffic already')
  return ground
}

const whyBack = (wanted: Wanted | undefined): string =>
  `goes back to ${wanted?.revision ?? 'what was stable before'}${wanted?.by ? `, for ${wanted.by}` : ''}${wanted?.reason ? `: ${wanted.reason}` : ''}`

async function start({ story, canary, stable }: Ground): Promise<void> {
  const surge = stable && { surge: surgeOf(canary.run) }
  story.tell('deploying', `starting ${canary.name} again`, { revision: canary.name, ...surge })
  await running.runRevision.executeWithOptions({ summary: `${canary.name} ready` }, [{ revision: canary }])
}

/** Nobody else would: what is kept is left alone by later releases and by the sweep. */
async function stopAgain({ app, canary, stable }: Ground): Promise<void> {
  const summary = `stop ${canary.name} again`
  const retirement = { app, upTo: 0, restarted: canary.name, ...(stable && { keep: stable.revision }) }
  await running.retire.executeWithOptions({ summary }, [retirement])
}
