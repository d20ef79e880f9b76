// A Revision: immutable image digest + run spec, with its own Deployment and Service, named by what it is.
import type { AppRef, AppSpec } from './app.ts'

/** `registry/app@sha256:…`: always by digest. */
export interface Image {
  /** Registry and path, without tag: `10.0.0.1:5000/default/shop`. */
  readonly repository: string
  /** `sha256:` and 64 hex. */
  readonly digest: string
}

export const imageReference = ({ repository, digest }: Image): string => `${repository}@${digest}`

export interface Revision {
  readonly app: AppRef
  /** `<app>-<sha7>-<hash4>`: the name of its Deployment and of its Service. */
  readonly name: string
  /** The release that made it: `shop-7`. */
  readonly release: string
  readonly sha: string
  readonly image: Image
  readonly run: AppSpec['run']
}
