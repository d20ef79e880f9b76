// What every build driver must do, and the memory platform with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../domain/release.ts'
import type { Build } from '../../platform/platform.ts'
import { eventually } from './eventually.ts'
import { failureOf } from './source.ts'

export interface BuildSetup {
  readonly build: Build
  /** The plan of a new commit whose build ends well, ends badly, or takes a minute and more. */
  readonly newPlan: (fate: 'builds' | 'breaks' | 'takes long') => Promise<Plan>
  /** How many builds of the plan's commit are there now, running or about to. */
  readonly running: (plan: Plan) => Promise<number>
  readonly close: () => Promise<void>
}

export function buildContract(make: () => Promise<BuildSetup>): void {
  describe('build', () => {
    let setup: BuildSetup
    beforeAll(async () => {
      setup = await make()
    })
    afterAll(() => setup?.close())

    const start = (plan: Plan, lines: string[] = []) => {
      const abort = new AbortController()
      const progress = (line: string) => void lines.push(line)
      return { abort, image: setup.build.build(plan, { signal: abort.signal, progress }) }
    }
    const starts = (plan: Plan) =>
      eventually(
        () => setup.running(plan),
        (builds) => expect(builds).toBe(1),
        { within: 30_000, every: 100 },
      )

    test('makes an image, named by its digest', async () => {
      const lines: string[] = []
      const image = await start(await setup.newPlan('builds'), lines).image
      expect(image.repository).toMatch(/\/default\/shop[0-9]*$/)
      expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      for (const line of lines) expect(line).not.toContain('\n')
    })

    test('gives the same image again when it is asked again', async () => {
      const plan = await setup.newPlan('builds')
      expect(await start(plan).image).toEqual(await start(plan).image)
    })

    test('builds once for two who ask at the same time', async () => {
      const plan = await setup.newPlan('builds')
      const seen = new Set<number>()
      const [one, two] = [start(plan), start(plan)]
      const look = setInterval(() => void setup.running(plan).then((builds) => seen.add(builds)), 200)
      const images = await Promise.all([one.image, two.image]).finally(() => clearInterval(look))
      expect(images[0]).toEqual(images[1])
      expect(Math.max(0, ...seen)).toBeLessThanOrEqual(1)
    })

    test('fails BuildFailed with the end of the log', async () => {
      const plan = await setup.newPlan('breaks')
      const failure = await failureOf(start(plan).image)
      expect(failure.reason).toBe('BuildFailed')
      expect(failure.message).toContain(plan.release.sha.slice(0, 7))
      expect(failure.detail).not.toBe('')
    })

    test('does not begin when it is aborted before', async () => {
      const plan = await setup.newPlan('builds')
      const why = new Error('superseded')
      const signal = AbortSignal.abort(why)
      await expect(setup.build.build(plan, { signal, progress: () => undefined })).rejects.toBe(why)
      expect(await setup.running(plan)).toBe(0)
    })

    test('leaves nothing running when it is aborted in the middle', async () => {
      const plan = await setup.newPlan('takes long')
      const { abort, image } = start(plan)
      const ended = expect(image).rejects.toThrow('superseded')
      await starts(plan)
      abort.abort(new Error('superseded'))
      await ended
      expect(await setup.running(plan)).toBe(0)
    })
  })
}
