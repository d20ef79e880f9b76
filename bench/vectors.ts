// `npm run vectors -- FILE`: holds the judge against a file of test vectors, one line a case.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkVectors, type Outcome } from './vector-cases.ts'
import { parseVectors } from './vector-file.ts'

const written = process.argv[2]
// npm runs scripts in the project's folder, and says here where it was called.
const path = written === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', written)
if (path === undefined || process.argv.length > 3) {
  process.stderr.write('say which file of test vectors: npm run vectors -- FILE\n')
  process.exitCode = 2
} else {
  try {
    tell(checkVectors(parseVectors(readFileSync(path, 'utf8'), path)))
  } catch (error) {
    process.stderr.write(
      `cannot check the judge against ${path}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.exitCode = 2
  }
}

function tell(outcomes: readonly Outcome[]): void {
  if (outcomes.length === 0) throw new Error(`${path} holds no case: there is nothing to check`)
  const failed = outcomes.filter(({ difference }) => difference !== undefined)
  const lines = outcomes.map(({ section, name, difference }) =>
    difference === undefined ? `ok   ${section}: ${name}` : `FAIL ${section}: ${name}: ${difference}`,
  )
  const last = `${outcomes.length - failed.length} passed, ${failed.length} failed`
  process.stdout.write(`${[...lines, last].join('\n')}\n`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
