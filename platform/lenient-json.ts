// Reads JSON where others may have written anything.

/** Undefined when it is none. */
export function lenientJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
