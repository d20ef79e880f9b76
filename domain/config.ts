// Configuration that belongs to a revision: copies of ConfigMaps and Secrets, named by their content. The content itself is never here.

/** What a file names: a ConfigMap's or a Secret's keys as environment variables, or as files in a folder. */
export interface ConfigName {
  readonly name: string
  /** The folder that its keys appear in; environment variables when absent. */
  readonly mount?: string
}

/** An immutable copy that a revision uses. */
export interface ConfigCopy extends ConfigName {
  readonly kind: 'ConfigMap' | 'Secret'
  /** The copy's name: `shop-db-1f2e3d4c`. Same content, same name; keyed, so that it does not tell a secret's content. */
  readonly copy: string
}

/** One word for all of a revision's configuration; the empty text when it has none. */
export const configDigest = (copies: readonly ConfigCopy[]): string =>
  copies
    .map(({ kind, copy, mount = '' }) => `${kind}/${copy}${mount}`)
    .sort()
    .join(' ')

/** What a file names, as it is at this moment: its keys, never what they hold. */
export interface PresentConfig extends ConfigName {
  readonly kind: 'ConfigMap' | 'Secret'
  /** Absent when it could not be read. */
  readonly keys?: readonly string[]
  /** What its copy would be called; absent when it cannot be known. */
  readonly copy?: string
  /** Why a release could not use it. */
  readonly problem?: string
  /** Why nothing is known of it, or of what its copy would be called. */
  readonly unseen?: string
}
