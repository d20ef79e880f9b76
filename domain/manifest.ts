// Reads slipway.yaml: strict, and with every problem told at once, by line, column and path.
import type { z } from 'zod'
import { AppFile, type AppRef, type AppSpec, clusterOnly, moved, notYet } from './app.ts'
import { contradictions } from './contradictions.ts'
import { PermanentFailure } from './failure.ts'
import type { Policy } from './policy.ts'
import { allFields, expectedOf, keysOf, schemaAt } from './schema-tree.ts'
import { nearest } from './spelling.ts'
import { violations } from './violations.ts'
import { type Problem, readYaml, type YamlDocument } from './yaml-document.ts'

/** The file's name in a repository. */
export const manifestName = 'slipway.yaml'

/** The spec that the text declares for this App, within what its policy allows. Throws `InvalidManifest`, whose message lists every problem. */
export function parseManifest(text: string, app: AppRef, policy: Policy = {}): AppSpec {
  const read = readManifest(text, app, policy)
  if ('spec' in read) return read.spec
  throw new PermanentFailure('InvalidManifest', describeProblems(read.problems))
}

/** The spec, or everything that is wrong, in the order of the file. */
export function readManifest(
  text: string,
  app: AppRef,
  policy: Policy = {},
): { readonly spec: AppSpec } | { readonly problems: readonly Problem[] } {
  const yaml = readYaml(text)
  if ('problems' in yaml) return yaml
  const parsed = AppFile.safeParse(yaml.document.value)
  const problems = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, yaml.document)),
    ...wrongApp(yaml.document, app),
    ...(parsed.success ? contradictory(parsed.data.spec, policy, yaml.document) : []),
  ]
  if (parsed.success && problems.length === 0) return { spec: parsed.data.spec }
  return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) }
}

/** Something about a key of a file that only its surroundings can tell. */
export interface Misfit {
  readonly path: readonly PropertyKey[]
  readonly reason: string
}

/** The same with their places in the file, in its order. */
export function placed(text: string, misfits: readonly Misfit[]): readonly Problem[] {
  const yaml = readYaml(text)
  if ('problems' in yaml) return yaml.problems
  return misfits
    .map(({ path, reason }) => problem(yaml.document, path, 'placeOf', reason))
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

const told = 40

/** One line a problem: `slipway.yaml:7:5 spec.run.prot: unknown key; did you mean "port"?` */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, told).map(({ line, column, path, reason }) => {
    const place = `${manifestName}:${line}:${column}`
    return path ? `${place} ${path}: ${reason}` : `${place} ${reason}`
  })
  if (problems.length > told) lines.push(`… and ${problems.length - told} more`)
  return lines.length === 1 ? `${lines[0]}` : `${problems.length} problems\n${lines.join('\n')}`
}

type Issue = z.core.$ZodIssue

function problemsOf(issue: Issue, document: YamlDocument): Problem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], document))
  if (issue.code === 'invalid_union') {
    const inside = issuesInside(issue)
    if (inside.length > 0) return inside.flatMap((inner) => problemsOf(inner, document))
  }
  if (issue.code === 'invalid_key') return [problem(document, path, 'placeOfKey', nameReason(path))]
  const value = valueAt(document.value, path)
  if (value === undefined || value === null)
    return [problem(document, path, 'placeOfKey', missing(path, value))]
  return [problem(document, path, 'placeOf', valueReason(issue, value))]
}

/** Where a word may stand for a list and a list was written: what is wrong in the list. */
const issuesInside = ({ path, errors }: z.core.$ZodIssueInvalidUnion): Issue[] =>
  errors
    .flat()
    .filter((inner) => inner.path.length > 0)
    .map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as Issue)

function valueReason({ path, code, message }: Issue, value: unknown): string {
  const later = typeof value === 'string' && postponed(`${path.join('.')}=${value}`)
  if (later) return later
  if (code === 'custom' && message.startsWith('must ')) return message
  return `must be ${expectedOf(schemaAt(AppFile, path))}, not ${show(value)}`
}

function missing(path: readonly PropertyKey[], value: unknown): string {
  const expected = expectedOf(schemaAt(AppFile, path))
  return value === null ? `has no value; must be ${expected}` : `is required: ${expected}`
}

const nameReason = (path: readonly PropertyKey[]) =>
  `${show(path.at(-1))} cannot be a name here; use letters, digits and underscores`

function unknownKey(path: readonly PropertyKey[], document: YamlDocument): Problem {
  return problem(document, path, 'placeOfKey', unknownReason(path.map(String)))
}

function unknownReason(path: readonly string[]): string {
  const later = postponed(path.join('.'))
  if (later) return later
  const key = path.at(-1) ?? ''
  if (path.length === 2 && clusterOnly.includes(key))
    return 'is decided in the cluster, a push cannot change it; set it on the App object there'
  const allowed = keysOf(schemaAt(AppFile, path.slice(0, -1)))
  const meant = nearest(key, allowed) ?? elsewhere(key)
  return `unknown key;${meant ? ` did you mean "${meant}"?` : ''} Allowed: ${allowed.join(', ')}`
}

function postponed(what: string): string | undefined {
  return [notYet, moved].find((reasons) => Object.hasOwn(reasons, what))?.[what]
}

/** A key that is known, but in another place. */
function elsewhere(key: string): string | undefined {
  for (const [path] of allFields(AppFile)) if (path.at(-1) === key) return path.join('.')
  return undefined
}

function wrongApp(document: YamlDocument, app: AppRef): Problem[] {
  return (['name', 'namespace'] as const).flatMap((key) => {
    const path = ['metadata', key]
    const written = valueAt(document.value, path)
    if (typeof written !== 'string' || written === app[key]) return []
    const reason = `is ${show(written)}, but this repository belongs to the App "${app[key]}"`
    return [problem(document, path, 'placeOf', key === 'name' ? reason : namespaceReason(written, app))]
  })
}

/** Told at the first of the keys that was written: the others are defaults. */
function contradictory(spec: AppSpec, policy: Policy, document: YamlDocument): Problem[] {
  const written = (path: readonly PropertyKey[]) => valueAt(document.value, path) !== undefined
  const said = (key: string) => written(['spec', ...key.split('.')])
  return [...contradictions(spec, said), ...violations(spec, policy)].map(({ between, reason }) => {
    const path = between.find(written) ?? between[0] ?? []
    return problem(document, path, 'placeOfKey', reason)
  })
}

const namespaceReason = (written: string, { name, namespace }: AppRef) =>
  `is ${show(written)}, but the App "${name}" lives in "${namespace}"; a push cannot move it`

function problem(
  document: YamlDocument,
  path: readonly PropertyKey[],
  place: 'placeOf' | 'placeOfKey',
  reason: string,
): Problem {
  return { ...document[place](path), path: pathText(path), reason }
}

const pathText = (path: readonly PropertyKey[]) =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return `${text}${text && '.'}${printable(String(key))}`
  }, '')

/** What was written at the path. A bare weight stands for a step, so it is what was written below it too. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value
  for (const key of path) {
    if (typeof here === 'string' || typeof here === 'number') return here
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, key)) return undefined
    here = here[key as keyof typeof here]
  }
  return here
}

/** What was written, short and harmless to print. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value !== null && typeof value === 'object') return 'a map'
  return printable(typeof value === 'string' ? JSON.stringify(value) : String(value))
}

/** Cut, and without characters that steer a terminal or turn the reading direction. */
function printable(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}
