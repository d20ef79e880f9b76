// What a verb works with: the cluster it was pointed at, where it writes, how long it may take.
import type { Cluster } from './cluster.ts'
import type { Direct } from './direct.ts'
import type { Github } from './github.ts'
import type { Screen } from './screen.ts'
import type { Survey } from './survey.ts'

export interface Invocation {
  /** Connects when it is first needed: some verbs never do. */
  readonly cluster: () => Promise<Cluster>
  /** The traffic itself, past Slipway. */
  readonly direct: () => Promise<Direct>
  /** What is known of an App without writing anything; a Prometheus may be named. */
  readonly survey: (prometheus: string | undefined) => Promise<Survey>
  /** Slipway's registration with GitHub. */
  readonly github: () => Promise<Github>
  /** All of the standard input. */
  readonly stdin: () => Promise<string>
  readonly screen: Screen
  readonly json: boolean
  /** What `--timeout` said, in milliseconds; each verb has its own default. */
  readonly timeout: number | undefined
  readonly now: () => number
  readonly cwd: string
}

/** One JSON document, the whole answer. */
export const answerJson = ({ screen }: Invocation, document: unknown): void =>
  screen.out(`${JSON.stringify(document, null, 2)}\n`)

/** Lines of text, the whole answer. */
export const answerLines = ({ screen }: Invocation, lines: readonly string[]): void =>
  screen.out(lines.map((line) => `${line}\n`).join(''))
