// Finds the revision that a person wants back: one that served before and was kept, by whatever they call it.
import type { AppRef } from '../domain/app.ts'
import { configDigest } from '../domain/config.ts'
import { PermanentFailure } from '../domain/failure.ts'
import type { Revision } from '../domain/revision.ts'
import type { Platform } from '../platform/platform.ts'

export interface Recall {
  readonly app: AppRef
  /** A revision, a release (`shop-7`) or the beginning of a commit; the one that served last when absent. */
  readonly to?: string
}

export interface Recalled {
  readonly revision: Revision
  /** The hosts that the route serves now: going back changes none of them. */
  readonly hosts: readonly string[]
  /** The digest of what its configuration says now, when that is not what it has: a return does not want it. */
  readonly config?: string
}

export function recallVerbs({ deploy, traffic }: Pick<Platform, 'deploy' | 'traffic'>) {
  return {
    /** Fails `NotFound`, naming what there is to go back to. */
    async recall({ app, to }: Recall): Promise<Recalled> {
      const { revisions, kept = [] } = await deploy.describe(app)
      const route = await traffic.read(app)
      const others = kept.filter((name) => name !== route?.stable)
      const known = others.flatMap((name) => revisions.find((one) => one.name === name) ?? [])
      const revision = to === undefined ? known[0] : known.find((one) => isCalled(one, to))
      if (!revision) throw new PermanentFailure('NotFound', whyNone(to, known))
      const config = await configSince(deploy, revision)
      return { revision, hosts: route?.hosts ?? [], ...(config !== undefined && { config }) }
    },
  }
}

/** What cannot be read now, because it is gone or forbidden, is nothing that could be released. */
async function configSince(
  deploy: Pick<Platform['deploy'], 'config'>,
  { app, run, config = [] }: Revision,
): Promise<string | undefined> {
  if (config.length === 0) return undefined
  try {
    const now = configDigest(await deploy.config(app, run, false))
    return now === configDigest(config) ? undefined : now
  } catch (error) {
    if (error instanceof PermanentFailure) return undefined
    throw error
  }
}

const shortest = 7

const isCalled = ({ name, release, sha }: Revision, to: string): boolean =>
  name === to || release === to || (to.length >= shortest && sha.startsWith(to))

function whyNone(to: string | undefined, known: readonly Revision[]): string {
  if (known.length === 0) return 'no revision that served before is kept; push the commit again'
  const there = known.map(({ name, release }) => `${name} (${release})`).join(', ')
  return `${to} is none of those that are kept: ${there}`
}
