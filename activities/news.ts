// Whether an App has missed something: a push, a changed configuration, a release that is gone, its own workflow.
import { type AppRef, type AppSource, appKey } from '../domain/app.ts'
import { configDigest } from '../domain/config.ts'
import { rejectedConfig } from '../domain/rejection.ts'
import { appWorkflowId, type ReleaseRef, releaseWorkflowId } from '../domain/release.ts'
import { isNews, type Look, type Standing, whyLook } from '../domain/sweep.ts'
import type { Listed, Platform, Running } from '../platform/platform.ts'
import { sideBySide } from './side-by-side.ts'
import type { Sweep } from './sweep.ts'

const atOnce = 8
/** A repository that has not answered by then does not in this minute. */
const headWithin = 20_000
/** Git's "none": no commit caused this look. */
const noCommit = '0'.repeat(40)

/** Tells each App that has missed something to look again, and no other. */
export async function noticeNews(sweep: Sweep): Promise<void> {
  const sourced = sweep.apps.filter(({ source, deleted }) => source && !deleted)
  const heads = await branchHeads(sweep, sourced)
  const look = async (listed: Listed) => {
    const head = listed.source && heads.get(branchKey(listed.source))
    const standing = await standingOf(sweep, listed, head)
    const why = whyLook(standing)
    if (why) await tell(sweep, listed, why, head)
  }
  await sideBySide(sourced, atOnce, look, ({ app }, error) => sweep.failed(app, error))
}

async function tell(sweep: Sweep, { app, source }: Listed, why: Look, head: string | undefined) {
  const now = sweep.clock.now()
  if (!isNews(sweep.told, app, why, now)) return
  const delivery = `sweep-${new Date(now).toISOString()}`
  const ref = `refs/heads/${source?.branch ?? ''}`
  await sweep.lives.lookAgain(app, { ref, after: head ?? noCommit, delivery })
  sweep.told.set(appKey(app), { ...why, at: now })
  sweep.did('told', `${appKey(app)} was told to look: ${inWords(why)}`)
}

function inWords({ reason, about }: Look): string {
  if (reason === 'no workflow') return 'its workflow did not run'
  if (reason === 'release lost') return `the workflow of ${about} is gone`
  if (reason === 'commit') return `its branch holds ${about.slice(0, 7)}`
  return 'its configuration has changed'
}

/** Each branch is asked for once, however many Apps release it. */
async function branchHeads(
  { platform, clock, failed }: Sweep,
  apps: readonly Listed[],
): Promise<ReadonlyMap<string, string>> {
  const sources = new Map(
    apps.flatMap(({ source }) => (source ? [[branchKey(source), source] as const] : [])),
  )
  const asked = [...sources]
  const ask = ([, source]: readonly [string, AppSource]) =>
    within(clock, headWithin, platform.source.head(source), `${source.repository} gave no answer`)
  const heads = await sideBySide(asked, atOnce, ask, ([key], error) => failed(key, error))
  return new Map(
    asked.flatMap(([key], index) => {
      const head = heads[index]
      return head === undefined ? [] : [[key, head] as const]
    }),
  )
}

const branchKey = ({ repository, branch }: AppSource): string => `${repository} ${branch}`

async function within<Answer>(
  clock: Pick<Sweep['clock'], 'sleep'>,
  milliseconds: number,
  answer: Promise<Answer>,
  otherwise: string,
): Promise<Answer> {
  const given = new AbortController()
  const late = clock.sleep(milliseconds, given.signal).then(() => {
    throw new Error(`${otherwise} within ${milliseconds / 1000} s`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    late.catch(() => undefined)
    given.abort()
  }
}

async function standingOf(sweep: Sweep, listed: Listed, head: string | undefined): Promise<Standing> {
  const { app, remembered = { message: '' } } = listed
  const open = sweep.unfinished.filter((release) => appKey(release.app) === appKey(app))
  const { stable, waiting, rejected = [] } = remembered
  const known = [...rejected, ...open.map(({ sha }) => sha), ...(stable ? [stable.sha] : [])]
  const runs = await sweep.runs(appWorkflowId(app))
  const now = open.length > 0 ? undefined : await changedConfig(sweep, listed)
  // What ended badly, or was left by a return, is answered.
  const config = stable && rejected.includes(rejectedConfig(stable.sha, now ?? '')) ? undefined : now
  return {
    runs,
    known: waiting === undefined ? known : [...known, waiting],
    lost: runs ? await lostInHand(sweep, app, open) : [],
    ...(head !== undefined && { head }),
    ...(config !== undefined && { config }),
  }
}

/** The releases whose workflows are gone though the App waits for them. What it does not wait for is closed without it. */
async function lostInHand(
  { runs, lives }: Sweep,
  app: AppRef,
  open: readonly ReleaseRef[],
): Promise<readonly ReleaseRef[]> {
  const lost: ReleaseRef[] = []
  for (const release of open) if (!(await runs(releaseWorkflowId(release)))) lost.push(release)
  if (lost.length === 0) return []
  const { active } = await lives.inHand(app)
  return lost.filter(({ seq }) => seq === active?.seq)
}

/** What the stable revision's configuration is made of now; undefined when that is what it has. */
async function changedConfig(
  { platform, running }: Pick<Sweep, 'running'> & { readonly platform: Pick<Platform, 'deploy'> },
  { app, remembered }: Listed,
): Promise<string | undefined> {
  const isStable = ({ revision }: Running) =>
    revision.name === remembered?.stable?.revision && appKey(revision.app) === appKey(app)
  const revision = running.find(isStable)?.revision
  if (!revision?.config?.length) return undefined
  const now = configDigest(await platform.deploy.config(app, revision.run, false))
  return now === configDigest(revision.config) ? undefined : now
}
