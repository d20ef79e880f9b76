// Which lives are lived: those that once failed first, then the seeds; and what is done with one that fails.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { House } from './house.ts'
import { type Lived, live } from './life.ts'
import { type Script, scriptOf } from './script.ts'

const kept = fileURLToPath(new URL('kept/', import.meta.url))

/** Scripts that failed once, as they were cut down then. */
export const known = (): readonly Script[] =>
  existsSync(kept)
    ? readdirSync(kept)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(`${kept}${name}`, 'utf8')) as Script)
    : []

/** Lives them all, some at a time; the failures. */
export async function liveAll(house: House, scripts: readonly Script[], atOnce: number): Promise<Lived[]> {
  const [left, lived] = [[...scripts], [] as Lived[]]
  const one = async () => {
    for (let script = left.shift(); script; script = left.shift()) {
      lived.push(await live(house, script))
      if (process.env.SLIPWAY_LIVES_LOG && lived.length % 50 === 0) console.log(`${lived.length} lived`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  const mutates =
    /^(?:traffic\.(?:write|repair|remove)|deploy\.(?:create|scale|keep|remove|repair)|build\.build)$/
  return lived.flatMap((life) => {
    const stirs = life.stirs().filter((verb) => mutates.test(verb))
    const broken = [...life.broken, ...(stirs.length > 0 ? [`what rests does nothing: ${stirs}`] : [])]
    return broken.length > 0 ? [{ ...life, broken }] : []
  })
}

/** The same failure with as few events as can be found in the time; a life is tried twice, for chance has its part. */
export async function cutDown(house: House, lived: Lived, milliseconds = 60_000): Promise<Lived> {
  const until = Date.now() + milliseconds
  let least = lived
  for (let index = lived.script.events.length - 1; index >= 0 && Date.now() < until; index -= 1) {
    const events = least.script.events.filter((_, other) => other !== index)
    const tries = await liveAll(
      house,
      [1, 2].map(() => ({ ...least.script, events })),
      2,
    )
    least = tries[0] ?? least
  }
  return least
}

/** For people, and for the next run. */
export function keep({ script, broken, log }: Lived): string {
  mkdirSync(kept, { recursive: true })
  writeFileSync(`${kept}seed-${script.seed}.json`, `${JSON.stringify(script, null, 2)}\n`)
  return [
    `seed ${script.seed}: ${broken.join('; ')}`,
    `once more: SLIPWAY_SEED=${script.seed} npx vitest run --project workflows test/workflows/lives`,
    ...log.map((line) => `  ${line}`),
  ].join('\n')
}

/** `SLIPWAY_SEED` is one; `SLIPWAY_SEEDS` says how many. */
export function seedsOf(wanted: (seed: number) => boolean, usual: number): readonly Script[] {
  const { SLIPWAY_SEED: one, SLIPWAY_SEEDS: many = String(usual) } = process.env
  const seeds = one ? [Number(one)] : Array.from({ length: Number(many) }, (_, index) => index + 1)
  return seeds.filter((seed) => one !== undefined || wanted(seed)).map(scriptOf)
}
