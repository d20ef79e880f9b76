// What differs between what runs and what a file declares: by key, as people would write it.
import type { AppSpec } from '../app.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { PresentConfig } from '../config.ts'
import type { Revision } from '../revision.ts'

/** A key of the file, or an object that it names; `from` is absent where it is new, `to` where it goes. */
export interface Change {
  readonly what: string
  readonly from?: unknown
  readonly to?: unknown
}

/** Of what was declared for the revision that runs, how it is run and reached is all that the cluster remembers. */
export function changesAgainst(
  { run, config = [] }: Pick<Revision, 'run' | 'config'>,
  /** Absent when the route could not be seen. */
  hosts: readonly string[] | undefined,
  spec: AppSpec,
  present: readonly PresentConfig[],
): readonly Change[] {
  return [
    ...differences('run', run, spec.run),
    ...(hosts ? differences('route.hosts', hosts, spec.route.hosts) : []),
    ...contents(config, present),
  ]
}

/** Copies are named by their content: another name is another content. */
const contents = (config: NonNullable<Revision['config']>, present: readonly PresentConfig[]): Change[] =>
  present.flatMap(({ kind, name, copy }) => {
    const before = config.find((one) => one.kind === kind && one.name === name)
    if (!before || copy === undefined || before.copy === copy) return []
    return [{ what: `the content of ${kind} ${name}`, from: before.copy, to: copy }]
  })

/** Maps are compared by their keys, all else as a whole. */
function differences(what: string, from: unknown, to: unknown): Change[] {
  if (canonicalJson(from) === canonicalJson(to)) return []
  if (isMap(from) && isMap(to))
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .sort()
      .flatMap((key) => differences(`${what}.${key}`, from[key], to[key]))
  return [{ what, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }]
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
