// Hooks in memory: each question is put once, whoever asks again meets the same run and the same answer.
import { NoAnswer } from '../../domain/no-answer.ts'
import { hookId } from '../hooks/http.ts'
import type { HookAnswer, Hooks } from '../platform.ts'
import { aborted } from './clock.ts'
import type { World } from './world.ts'

export function memoryHooks({ clock, hooks, hookRuns }: World): Hooks {
  const answers = new Map<string, HookAnswer>()
  const begin = (id: string) => {
    const since = clock.now()
    hookRuns.set(id, { runs: (hookRuns.get(id)?.runs ?? 0) + 1, since })
    return since
  }
  const end = (id: string) => hookRuns.set(id, { runs: hookRuns.get(id)?.runs ?? 0 })

  return {
    ask: async (question, { signal, progress }) => {
      signal.throwIfAborted()
      const id = hookId(question)
      const known = answers.get(id)
      if (known) return known
      const since = hookRuns.get(id)?.since ?? begin(id)
      progress(`asking ${question.gate.name}`)
      const { takes = 0, waitsFor, passes = true, fails } = hooks.get(question.gate.name) ?? {}
      try {
        if (waitsFor !== undefined) await Promise.race([waitsFor, aborted(signal)])
        await clock.sleep(Math.max(0, since + takes - clock.now()), signal)
      } finally {
        end(id)
      }
      if (fails !== undefined) throw new NoAnswer(fails)
      const answer = { passed: passes, message: passes ? 'passed' : 'refused' }
      answers.set(id, answer)
      return answer
    },
  }
}
