// The same platform, on which calls go wrong as the script says, take their time, and are seen when they have had their effect.
import type { WorldCall } from '../../../platform/memory/world.ts'
import type { Platform } from '../../../platform/platform.ts'
import { eachVerb, type Verb } from '../each-verb.ts'
import type { House } from './house.ts'
import type { Mishap } from './script.ts'

interface Fault {
  readonly verb: string
  readonly mishap: Mishap
  left: number
}

export type Mishaps = ReturnType<typeof mishaps>

export function mishaps(house: House, seen: (call: WorldCall) => void) {
  const faults: Fault[] = []
  const late: Promise<unknown>[] = []
  let over = false

  function strike(verb: string, kind: Mishap): void {
    const fault = faults.find((one) => one.verb === verb && one.mishap === kind && one.left > 0)
    if (!fault || over) return
    fault.left -= 1
    throw new Error(`${verb} went wrong: ${kind} its effect`)
  }

  /** It fails now, and takes effect in a while all the same. */
  function strikeLate(verb: string, effect: () => Promise<unknown>): void {
    try {
      strike(verb, 'late')
    } catch (error) {
      const then = house.wait(200).then(effect)
      late.push(then.catch(() => undefined))
      throw error
    }
  }

  function disturbedCall(verb: WorldCall['verb'], act: Verb): Verb {
    return async (...given) => {
      await house.travel()
      const effect = async () => {
        const answer = await act(...given)
        seen({ verb, arguments: given, at: 0 })
        return answer
      }
      strike(verb, 'before')
      strikeLate(verb, effect)
      const answer = await effect()
      strike(verb, 'after')
      await house.travel()
      return answer
    }
  }

  return {
    plan: (verb: string, mishap: Mishap, times: number) => void faults.push({ verb, mishap, left: times }),
    /** From now on all goes well. */
    end() {
      over = true
    },
    /** What happens late has happened. */
    settled: () => Promise.all(late),
    disturbed: (calm: Platform): Platform => eachVerb(calm, disturbedCall),
  }
}
