// What every driver of hooks must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NoAnswer } from '../../domain/no-answer.ts'
import type { HookQuestion, Hooks } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'

export interface HooksSetup {
  readonly hooks: Hooks
  /** A question never asked before, whose hook passes, refuses, gives no answer the first time, or takes a minute and more. */
  readonly newQuestion: (fate: HookFate) => Promise<HookQuestion>
  /** How often the other side was asked, as it sees it: what it can tell apart. */
  readonly asked: (question: HookQuestion) => Promise<number>
  /** How many of these go on now. */
  readonly open: (question: HookQuestion) => Promise<number>
  readonly close: () => Promise<void>
}

export type HookFate = 'passes' | 'refuses' | 'answers later' | 'takes long'

export function hooksContract(name: string, make: () => Promise<HooksSetup>): void {
  describe(`hooks: ${name}`, () => {
    let setup: HooksSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const ask = (question: HookQuestion, signal = new AbortController().signal, lines: string[] = []) =>
      setup.hooks.ask(question, { signal, progress: (line) => void lines.push(line) })
    const begins = (question: HookQuestion) =>
      eventually(
        () => setup.open(question),
        (open) => expect(open).toBe(1),
        { within: 30_000, every: 100 },
      )

    test('passes', async () => {
      const lines: string[] = []
      const question = await setup.newQuestion('passes')
      const answer = await ask(question, undefined, lines)
      expect(answer.passed).toBe(true)
      expect(answer.message).toMatch(/^[^\n]{1,300}$/)
      for (const line of lines) expect(line).not.toContain('\n')
    })

    test('refuses, in one line for people', async () => {
      const answer = await ask(await setup.newQuestion('refuses'))
      expect(answer.passed).toBe(false)
      expect(answer.message).toMatch(/^[^\n]{1,300}$/)
    })

    test('is asked once by two who ask at the same time', async () => {
      const question = await setup.newQuestion('passes')
      const answers = await Promise.all([ask(question), ask(question)])
      expect(answers[0]).toEqual(answers[1])
      expect(await setup.asked(question)).toBe(1)
    })

    test('answers the same to who asks again', async () => {
      const question = await setup.newQuestion('refuses')
      expect(await ask(question)).toEqual(await ask(question))
      expect(await setup.asked(question)).toBe(1)
    })

    test('fails when there is no answer, and may be asked again', async () => {
      const question = await setup.newQuestion('answers later')
      await expect(ask(question)).rejects.toThrow(NoAnswer)
      expect(await setup.open(question)).toBe(0)
      expect(await ask(question)).toMatchObject({ passed: true })
    })

    test('does not ask when it is aborted before', async () => {
      const question = await setup.newQuestion('passes')
      const why = new Error('superseded')
      await expect(ask(question, AbortSignal.abort(why))).rejects.toBe(why)
      expect(await setup.asked(question)).toBe(0)
    })

    test('leaves nothing going on when it is aborted in the middle', async () => {
      const question = await setup.newQuestion('takes long')
      const [abort, why] = [new AbortController(), new Error('superseded')]
      const ended = expect(ask(question, abort.signal)).rejects.toBe(why)
      await begins(question)
      abort.abort(why)
      await ended
      await eventually(
        () => setup.open(question),
        (open) => expect(open).toBe(0),
        { within: 10_000, every: 20 },
      )
    })
  })
}
