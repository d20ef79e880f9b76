// Reads a JSON object from a stranger: depth, repeated keys and odd keys are looked for before anything is built from it.
import { Problem, quoted } from './problem.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const deepest = 64

/** Fails with the problem that says what the bytes are instead of a plain JSON object. */
export function strictJsonObject(bytes: Uint8Array): JsonObject {
  const text = utf8(bytes)
  if (text === undefined) throw notAnObject('it is not valid UTF-8')
  scan(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw notAnObject('it is not JSON, or cut off')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notAnObject('it is JSON, but no object')
  }
  return value as JsonObject
}

/** Undefined unless encoding the text again gives these very bytes. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const notAnObject = (why: string) =>
  new Problem(400, 'body-not-json-object', `the body must be one JSON object: ${why}`)

/**
 * One pass over brackets and strings. It need not understand what is malformed: the parser refuses that afterwards.
 * JSON.parse alone would take 200,000 levels, the last of two equal keys, and `__proto__` as a key like any other.
 */
function scan(text: string): void {
  const open: (Set<string> | undefined)[] = []
  const token = /["[\]{}]/g
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const char = match[0]
    if (char === '"') {
      const end = endOfString(text, match.index)
      token.lastIndex = end
      if (open.at(-1) && /^[ \t\r\n]*:/.test(text.slice(end, end + 16))) {
        key(text.slice(match.index, end), open.at(-1) as Set<string>)
      }
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : undefined)
      if (open.length > deepest)
        throw new Problem(400, 'too-deep', `the body nests deeper than ${deepest} levels`)
    } else open.pop()
  }
}

/** Behind the closing quote; at the text's end when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\\') at += 1
    else if (char === '"') return at + 1
  }
  return text.length
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

function key(literal: string, seen: Set<string>): void {
  const name = unescaped(literal)
  if (forbidden.has(name)) throw new Problem(422, 'forbidden-key', `the key ${name} is not accepted`)
  if (seen.has(name))
    throw new Problem(400, 'duplicate-key', `the key ${quoted(name)} stands twice in one object`)
  seen.add(name)
}

/** `"r\u0065f"` is `ref`. */
function unescaped(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
