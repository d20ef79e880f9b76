// Follows a release for as long as it changes, through whatever breaks off in between.
import { type Asking, ask, isRefusal, type Refusal } from './ask.ts'
import type { Told } from './release.ts'
import { sentEvents } from './server-sent.ts'

/** How the page is joined to the API. */
export type Line =
  | { readonly kind: 'asking' }
  | { readonly kind: 'live' }
  /** It broke off, and is tried again. */
  | { readonly kind: 'pausing'; readonly why: string }
  /** The release has its outcome: nothing more is to come. */
  | { readonly kind: 'over' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export interface FollowOptions extends Asking {
  readonly namespace: string
  readonly name: string
  readonly onRelease: (told: Told) => void
  readonly onLine: (line: Line) => void
  /** Milliseconds: of the first pause and the longest, and of a silence that is taken for the end. */
  readonly patience?: { readonly first: number; readonly longest: number; readonly silence: number }
}

export async function follow(options: FollowOptions): Promise<void> {
  const { signal, onLine, patience = { first: 1_000, longest: 30_000, silence: 45_000 } } = options
  let failures = 0
  while (!signal.aborted) {
    const end = await listen(options, patience.silence, () => {
      failures = 0
    })
    if (signal.aborted) return
    if (end.kind !== 'pausing') return onLine(end)
    onLine(end)
    const longest = Math.min(patience.longest, patience.first * 2 ** failures)
    failures += 1
    // Jitter: the pages that lost the same API do not come back in the same instant.
    await pause(longest * (0.5 + Math.random() / 2), signal)
  }
}

/** Until it breaks off, is over, or is refused. */
async function listen(
  { namespace, name, token, signal, onRelease, onLine }: FollowOptions,
  silence: number,
  heardOf: () => void,
): Promise<Line> {
  const silent = new AbortController()
  let timer = setTimeout(() => silent.abort(), silence)
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(), silence)
  }
  try {
    const address = `/api/releases/${encodeURIComponent(name)}/events?${new URLSearchParams({ namespace })}`
    const answer = await ask(address, { token, signal: AbortSignal.any([signal, silent.signal]) })
    if (isRefusal(answer)) return refused(answer)
    if (!answer.body) return brokenOff
    for await (const { event, data } of sentEvents(answer.body, heard)) {
      if (event === 'refused') return refused(JSON.parse(data) as Refusal)
      if (event === 'gone') return refused({ status: 404, detail: `the release ${name} was deleted` })
      if (event !== 'release') continue
      const told = JSON.parse(data) as Told
      heardOf()
      onRelease(told)
      if (told.status?.outcome !== undefined) return { kind: 'over' }
      onLine({ kind: 'live' })
    }
    return brokenOff
  } catch {
    return brokenOff
  } finally {
    clearTimeout(timer)
  }
}

const brokenOff: Line = { kind: 'pausing', why: 'the connection broke off' }

/** What may be otherwise in a moment is asked again; the rest needs a person. */
function refused(refusal: Refusal): Line {
  const { status, detail } = refusal
  const passes = status === 0 || status === 429 || status >= 500
  return passes ? { kind: 'pausing', why: detail } : { kind: 'refused', refusal }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
  })
}
