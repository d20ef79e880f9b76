// Which lives are lived: those that once failed first, then the seeds; and what is done with one that fails.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Lived } from './life.ts'
import type { Script } from './script.ts'

const kept = fileURLToPath(new URL('kept/', import.meta.url))

/** Lives one script. */
export type Live = (script: Script) => Promise<Lived>

/** Scripts that failed once, as they were cut down then. */
export const known = (): readonly Script[] =>
  existsSync(kept)
    ? readdirSync(kept)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(`${kept}${name}`, 'utf8')) as Script)
    : []

/** Lives them all, some at a time; the failures. */
export async function liveAll(live: Live, scripts: readonly Script[], atOnce = 1): Promise<Lived[]> {
  const [left, lived] = [[...scripts], [] as Lived[]]
  const one = async () => {
    for (let script = left.shift(); script; script = left.shift()) lived.push(await live(script))
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return lived.flatMap((life) => {
    const stirs = life.stirs().filter((verb) => mutates.test(verb))
    const broken = [...life.broken, ...(stirs.length > 0 ? [`what rests does nothing: ${stirs}`] : [])]
    return broken.length > 0 ? [{ ...life, broken }] : []
  })
}

const mutates =
  /^(?:traffic\.(?:write|remove)|deploy\.(?:create|scale|keep|remove)|build\.build|report\.(?:release|app))$/

/** The same failure with as few events as can be found in the time. */
export async function cutDown(live: Live, lived: Lived, milliseconds = 30_000): Promise<Lived> {
  const until = Date.now() + milliseconds
  let least = lived
  for (let index = lived.script.events.length - 1; index >= 0 && Date.now() < until; index -= 1) {
    const events = least.script.events.filter((_, other) => other !== index)
    const [failed] = await liveAll(live, [{ ...least.script, events }])
    if (failed && ruleOf(failed) === ruleOf(lived)) least = failed
  }
  return least
}

const ruleOf = ({ broken: [first = ''] }: Lived): string => first.split(':')[0] ?? ''

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

/** `SLIPWAY_SEED` is one; `SLIPWAY_SEEDS`, or another name, says how many. */
export function seedsOf(usual: number, named = 'SLIPWAY_SEEDS'): readonly number[] {
  const { SLIPWAY_SEED: one, [named]: many = String(usual) } = process.env
  return one ? [Number(one)] : Array.from({ length: Number(many) }, (_, index) => index + 1)
}
