// Reads a small YAML file strictly: one plain map, and where each of its keys and values was written.
import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml'

const maxBytes = 64 * 1024
const maxDepth = 64
const maxEntries = 1000

export interface Place {
  readonly line: number
  readonly column: number
}

/** What is wrong, and where. `path` is empty when it is the file as a whole. */
export interface Problem extends Place {
  readonly path: string
  readonly reason: string
}

type Path = readonly PropertyKey[]

export interface YamlDocument {
  readonly value: Readonly<Record<string, unknown>>
  /** Where the value at the path was written, or its nearest parent when it was not. */
  readonly placeOf: (path: Path) => Place
  /** Where the key at the path's end was written. */
  readonly placeOfKey: (path: Path) => Place
}

type Read = { readonly document: YamlDocument } | { readonly problems: readonly Problem[] }

/** Refuses whatever two readers could understand differently, and whatever could exhaust one. */
export function readYaml(text: string): Read {
  const unfit = unfitText(text)
  if (unfit) return { problems: [{ line: 1, column: 1, path: '', reason: unfit }] }

  const lines = new LineCounter()
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  const excess = tooMuch(tokens)
  if (excess) return { problems: [at(lines, excess.offset, excess.reason)] }

  const documents = [...new Composer({ version: '1.2', schema: 'core', uniqueKeys: true }).compose(tokens)]
  const problems = documents.flatMap((document) => [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) =>
      at(lines, pos[0], plain(message)),
    ),
    ...forbidden(document, lines),
  ])
  const second = documents[1]
  if (second) problems.push(at(lines, second.range[0], 'is a second document; the file must hold one'))
  if (problems.length > 0) return { problems }

  const root = documents[0]?.contents
  if (!isMap(root)) return { problems: [{ line: 1, column: 1, path: '', reason: notAMap(root) }] }
  return { document: locate(documents[0] as Document.Parsed, lines) }
}

function unfitText(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text.slice(0, maxBytes + 1)).length
  if (bytes > maxBytes) return `is larger than ${maxBytes / 1024} KiB`
  if (/[\uFFFD\uD800-\uDFFF]/u.test(text)) return 'is not UTF-8 text'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) return 'holds control characters'
  return undefined
}

/** What would exhaust the composer: it recurses into depth and compares each key with each other. So this is a loop. */
function tooMuch(tokens: readonly unknown[]): { offset: number; reason: string } | undefined {
  let level: readonly unknown[] = tokens
  for (let depth = 0; level.length > 0; depth += 1) {
    const collections = level.flatMap(collectionsIn)
    const [first] = collections
    if (depth >= maxDepth && first)
      return { offset: first.offset, reason: `is nested more than ${maxDepth} levels deep` }
    const wide = collections.find(({ items }) => items.length > maxEntries)
    if (wide) return { offset: wide.offset, reason: `has more than ${maxEntries} entries` }
    level = collections.flatMap(({ items }) => items)
  }
  return undefined
}

interface Collection {
  readonly offset: number
  readonly items: readonly unknown[]
}

function collectionsIn(token: unknown): Collection[] {
  if (token === null || typeof token !== 'object') return []
  const { key, value, offset, items } = token as Partial<Record<string, unknown>>
  const here = Array.isArray(items) ? [{ offset: Number(offset), items }] : []
  return [...here, ...collectionsIn(key), ...collectionsIn(value)]
}

function forbidden(document: Document.Parsed, lines: LineCounter): Problem[] {
  const problems: Problem[] = []
  const add = (node: Node | null | undefined, reason: string) =>
    problems.push(at(lines, node?.range?.[0] ?? 0, reason))
  visit(document, {
    Alias: (_, node) => void add(node, 'is an alias; write the value out'),
    Value: (_, node) =>
      void (node.anchor && add(node, 'has an anchor; write the value out where it is needed')),
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string')
        add(key as Node | null, 'is not a text, so it cannot be a key')
      else if (key.value === '__proto__') add(key, 'cannot be a key')
    },
  })
  return problems
}

function locate(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const { nodesOn, pairOf } = finder(document)
  const placeOf = (path: Path) => placeAt(lines, (nodesOn(path).at(-1)?.range ?? [0])[0])
  return {
    value: document.toJS(),
    placeOf,
    placeOfKey: (path) => {
      const pair = pairOf(nodesOn(path.slice(0, -1)).at(-1), path.at(-1))
      return pair ? placeAt(lines, (pair.key as Node).range?.[0] ?? 0) : placeOf(path)
    },
  }
}

/** Finds nodes by path. Each map is indexed once: a file may have thousands of keys, and each may be a problem. */
function finder(document: Document.Parsed) {
  const indexes = new Map<Node, Map<unknown, Pair>>()
  const indexOf = (map: YAMLMap) => {
    const known = indexes.get(map) ?? new Map(map.items.map((pair) => [(pair.key as Scalar).value, pair]))
    indexes.set(map, known)
    return known
  }
  const pairOf = (node: Node | undefined, key: PropertyKey | undefined): Pair | undefined =>
    isMap(node) ? indexOf(node).get(key) : undefined
  const below = (node: Node | undefined, key: PropertyKey): Node | undefined =>
    ((isSeq(node) ? node.items[Number(key)] : pairOf(node, key)?.value) as Node | null) ?? undefined

  /** The nodes along the path, as far as they were written. */
  const nodesOn = (path: Path): Node[] => {
    const nodes: Node[] = document.contents ? [document.contents] : []
    for (const key of path) {
      const next = below(nodes.at(-1), key)
      if (!next) break
      nodes.push(next)
    }
    return nodes
  }
  return { nodesOn, pairOf }
}

const notAMap = (root: unknown) =>
  root === null || root === undefined || (isScalar(root) && root.value === null)
    ? 'is empty'
    : 'is not a map of keys and values'

const placeAt = (lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

const at = (lines: LineCounter, offset: number, reason: string): Problem => ({
  ...placeAt(lines, offset),
  path: '',
  reason,
})

/** The first sentence of the parser's message, without its drawing of the line. */
const plain = (message: string) => (message.split(' at line ')[0] ?? message).split('\n')[0] ?? message
