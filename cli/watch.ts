// `slipway watch`: follows a release live and ends as it ends.

import { span } from '../domain/figures.ts'
import type { ReleaseView } from './cluster.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import type { Invocation } from './invocation.ts'
import { outcomeLine, progressLine, releaseBlock, transitionLine } from './release-view.ts'
import { block, painter, type Screen } from './screen.ts'
import { releaseOfCommit, selectRelease } from './selection.ts'
import { awaitsApproval, waitingLine } from './waiting.ts'

const defaultTimeout = 3_600_000

export interface WatchOptions {
  /** Wait for the release of this commit: it begins a moment after the push. */
  readonly commit?: string
  /** Ends where the release waits for an approval: what waits for the release need not wait for people. */
  readonly untilApproval?: boolean
}

export async function watch(
  invocation: Invocation,
  name: string | undefined,
  { commit, untilApproval = false }: WatchOptions = {},
): Promise<ExitCode> {
  const timeout = invocation.timeout ?? defaultTimeout
  const deadline = AbortSignal.timeout(timeout)
  const cluster = await invocation.cluster()
  const { name: release } = commit
    ? await releaseOfCommit(cluster, commit, name, deadline)
    : await selectRelease(cluster, name)
  const ends = (seen: ReleaseView) => seen.phase === 'done' || (untilApproval && awaitsApproval(seen))
  const last = await showUntil(ends, cluster.follow(release, deadline), viewer(invocation))
  if (last?.phase === 'done') return last.outcome === 'promoted' ? exitCodes.ok : exitCodes.notPromoted
  if (last && awaitsApproval(last)) throw notApproved(last)
  if (deadline.aborted) throw stillRunning(release, timeout, last)
  throw new Exit(exitCodes.notFound, `release ${release} was deleted while it was watched`)
}

async function showUntil(
  ends: (release: ReleaseView) => boolean,
  releases: AsyncIterable<ReleaseView>,
  view: View,
): Promise<ReleaseView | undefined> {
  let last: ReleaseView | undefined
  try {
    for await (const release of releases) {
      last = release
      view.show(release)
      if (ends(release)) break
    }
  } finally {
    view.end?.()
  }
  return last
}

interface View {
  readonly show: (release: ReleaseView) => void
  readonly end?: () => void
}

function viewer({ json, screen, now }: Invocation): View {
  if (json) return { show: (release) => screen.out(`${JSON.stringify(release)}\n`) }
  return screen.tty ? terminal(screen, now) : { show: lines(screen) }
}

/** One block that is rewritten at each change, and each second: its clock goes on. */
function terminal(screen: Screen, now: () => number): View {
  const rewrite = block(screen)
  const paint = painter(screen.colour)
  let last: ReleaseView | undefined
  const draw = () => last && rewrite(releaseBlock(last, paint, now(), screen.columns()))
  const clock = setInterval(draw, 1000)
  return {
    show: (release) => {
      last = release
      draw()
    },
    end: () => clearInterval(clock),
  }
}

/** Each line of history once, and the counts between them whenever there are new ones. */
function lines(screen: Screen): (release: ReleaseView) => void {
  let shown = 0
  let counted = 0
  let waited: string | undefined
  return (release) => {
    const fresh = release.transitions.slice(shown)
    for (const transition of fresh) screen.out(`${transitionLine(transition)}\n`)
    shown += fresh.length
    const { evidence } = release
    if (evidence && fresh.length === 0 && evidence.to > counted)
      screen.out(`${progressLine(release, evidence)}\n`)
    counted = Math.max(counted, evidence?.to ?? 0)
    const waits = waitingLine(release)
    if (waits && waits !== waited) screen.out(`${waits}\n`)
    waited = waits
    if (release.phase === 'done') screen.out(`${outcomeLine(release, painter(screen.colour))}\n`)
  }
}

const notApproved = (release: ReleaseView): Exit =>
  new Exit(exitCodes.awaitsApproval, `release ${release.name} ${waitingLine(release)}`, {
    advice: `It waits on by itself. Watch it again: slipway watch ${release.name}`,
  })

const stillRunning = (name: string, timeout: number, last: ReleaseView | undefined): Exit =>
  new Exit(
    exitCodes.timedOut,
    `release ${name} is ${last ? `still ${last.phase}` : 'not readable'} after ${span(timeout)}`,
    { advice: `It goes on by itself. Watch it again: slipway watch ${name} --timeout 2h` },
  )
