// A Revision: immutable image digest + run spec, with its own Deployment and Service, named by what it is.
import type { AppRef, AppSpec } from './app.ts'
import { canonicalJson } from './canonical-json.ts'
import { type ConfigCopy, configDigest } from './config.ts'
import { type Plan, releaseName } from './release.ts'

/** `registry/app@sha256:…`: always by digest. */
export interface Image {
  /** Registry and path, without tag: `10.0.0.1:5000/default/shop`. */
  readonly repository: string
  /** `sha256:` and 64 hex. */
  readonly digest: string
}

export const imageReference = ({ repository, digest }: Image): string => `${repository}@${digest}`

/**
 * Every revision's Service answers here, whatever its pods listen to: two revisions of a route can differ in their port.
 */
export const servicePort = 80

export interface Revision {
  readonly app: AppRef
  /** `<app>-<sha7>-<hash4>`: the name of its Deployment and of its Service. */
  readonly name: string
  /** The release that made it: `shop-7`. */
  readonly release: string
  readonly sha: string
  readonly image: Image
  readonly run: AppSpec['run']
  /** The copies that it uses; absent when it names none. */
  readonly config?: readonly ConfigCopy[]
}

/** The revision of this plan, image and configuration. Same commit, same declaration, same image, same content: same name. */
export function makeRevision(
  plan: Plan,
  image: Image,
  config: readonly ConfigCopy[] = [],
  version: HashVersion = hashVersion,
): Revision {
  const { app, sha } = plan.release
  const { run } = plan.spec
  const copies = config.length > 0 ? { config } : {}
  const hash = hashes[version]({ image, run, ...copies })
  const name = `${app.name}-${sha.slice(0, 7)}-${hash}`
  return { app, name, release: releaseName(plan.release), sha, image, run, ...copies }
}

/** Kept beside each revision: a newer Slipway may hash otherwise, yet must not roll what runs. */
export const hashVersion: HashVersion = '1'
export type HashVersion = '1'

type Declared = Pick<Revision, 'image' | 'run' | 'config'>

// The repository's address is left out: a registry that moves is no new revision. So is what was not declared: a key that
// is new in the format changes no revision that does not use it.
const hashes = {
  '1': ({ image, run, config }: Declared) =>
    hash4(
      canonicalJson({ v: '1', digest: image.digest, run, ...(config && { config: configDigest(config) }) }),
    ),
} satisfies Record<HashVersion, (declared: Declared) => string>

/** FNV-1a over UTF-16 code units, mixed and folded to four hex digits: it tells apart declarations of one commit, no more. */
function hash4(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, '0')
}
