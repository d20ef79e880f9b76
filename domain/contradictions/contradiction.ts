// Values that are fine each alone and make no sense together: where they stand, and why.

export interface Contradiction {
  /** The keys that do not go together, from the file's root; the first that was written is where it is told. */
  readonly between: readonly (readonly PropertyKey[])[]
  readonly reason: string
}

/** Whether a key below `spec` was written, as opposed to filled in: `release.steps`. */
export type Said = (key: string) => boolean

/** One when it holds, else none. Keys are below `spec`, list items by their number: `release.gates.0.hook`. */
export const contradiction = (holds: boolean, keys: readonly string[], reason: string): Contradiction[] =>
  holds ? [{ between: keys.map((key) => ['spec', ...key.split('.').map(keyOrNumber)]), reason }] : []

/** One for each of the keys that was written. */
export const ignored = (keys: readonly string[], said: Said, reason: string): Contradiction[] =>
  keys.filter(said).flatMap((key) => contradiction(true, [key], reason))

const keyOrNumber = (key: string): string | number => (/^\d+$/.test(key) ? Number(key) : key)
