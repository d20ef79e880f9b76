// Keeps what is remembered small: what came first goes first.

/** Of a set or a map to which one was added: it has at most so many again. */
export function forgetOldest<Key>(known: Set<Key> | Map<Key, unknown>, most: number): void {
  if (known.size <= most) return
  for (const oldest of known.keys()) {
    known.delete(oldest)
    return
  }
}
