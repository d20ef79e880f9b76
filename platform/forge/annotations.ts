// Where in the repository a release's failure lies: the problems of slipway.yaml, the line of the Dockerfile.
import { firstLine } from '../../domain/figures.ts'
import { manifestName } from '../../domain/manifest.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import { plain } from './markdown.ts'

export interface Annotation {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: 'failure'
  readonly message: string
}

/** Always the same for the same status: a part of them may have been sent already. */
export function annotations({ outcome, message }: ReleaseStatus): readonly Annotation[] {
  if (outcome !== 'failed') return []
  return ofFile.test(message) ? problemsIn(message) : buildProblem(message)
}

/** What a message says of slipway.yaml. */
export const problemsIn = (message: string): readonly Annotation[] => message.split('\n').flatMap(problemOf)

/** `slipway.yaml:7:5 spec.run.prot: unknown key`. */
function problemOf(line: string): Annotation[] {
  const [, row, column, reason] = inFile.exec(line) ?? []
  if (reason !== undefined) return at(manifestName, Number(row), reason, Number(column))
  const [, whole] = aboutFile.exec(line) ?? []
  return whole === undefined ? [] : at(manifestName, 1, whole)
}

const escaped = manifestName.replace('.', '\\.')
/** The lines of a build's log, below what failed there, may say anything. */
const ofFile = new RegExp(`^(?:\\d+ problems\\n|${escaped}[ :])`)
const inFile = new RegExp(`^${escaped}:(\\d+):(\\d+) (.+)$`)
const aboutFile = new RegExp(`^${escaped} (?:in commit [0-9a-f]+ )?(.+)$`)

/** `cannot build shop-7 (3f2c1d0): step [2/3] RUN npm ci ended with exit code 7 (Dockerfile:2)`, and the log's end below. */
function buildProblem(message: string): Annotation[] {
  const [, why] = /^cannot build [^:]+: (.+)$/.exec(firstLine(message)) ?? []
  if (why === undefined) return []
  // The step itself, which comes before its place, may look like one.
  const [, path, line] = [...why.matchAll(/\(([^\s():]+):(\d+)\)/g)].at(-1) ?? []
  const told = path ?? 'Dockerfile'
  const row = line ?? /parse error on line (\d+)/.exec(why)?.[1]
  return row === undefined ? [] : at(told, Number(row), why)
}

/** GitHub takes columns only where it is one line, and refuses all for one whose numbers cannot be. */
function at(path: string, line: number, message: string, column = 0): Annotation[] {
  if (!canBe(line)) return []
  return [
    {
      path,
      start_line: line,
      end_line: line,
      ...(canBe(column) && { start_column: column, end_column: column }),
      annotation_level: 'failure',
      message: plain(message, 2000),
    },
  ]
}

const canBe = (number: number): boolean => number >= 1 && number <= 1_000_000
