// A platform whose every call goes through something else first: to be seen, or to go wrong.
import type { WorldCall } from '../../platform/memory/world.ts'
import type { Platform } from '../../platform/platform.ts'

export type Verb = (...given: unknown[]) => Promise<unknown>

export function eachVerb(
  platform: Platform,
  through: (verb: WorldCall['verb'], act: Verb) => Verb,
): Platform {
  const words = Object.entries(platform).map(([word, driver]) => {
    const verbs = Object.entries(driver as object).map(([name, act]) => {
      // What asks nobody is no call.
      if (typeof act !== 'function' || name === 'query' || name === 'hosts') return [name, act]
      return [name, through(`${word}.${name}` as WorldCall['verb'], act)]
    })
    return [word, Object.fromEntries(verbs)]
  })
  return Object.fromEntries(words)
}
