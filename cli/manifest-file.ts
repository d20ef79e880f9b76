// A slipway.yaml on this machine, read as the cluster would read it.
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { AppSpec } from '../domain/app.ts'
import { describeProblems, readManifest } from '../domain/manifest.ts'
import { Exit, exitCodes } from './exit.ts'

/** The App that the text declares: here the file alone says which one it is. */
export function readApp(text: string): { readonly name: string; readonly spec: AppSpec } {
  const { name, namespace } = declared(text)
  const read = readManifest(text, { name, namespace })
  if ('spec' in read) return { name, spec: read.spec }
  throw new Exit(exitCodes.error, `cannot read the App: ${describeProblems(read.problems)}`)
}

/** Which App the text says that it is. */
export const nameIn = (text: string): string => declared(text).name

export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Exit(missing ? exitCodes.notFound : exitCodes.error, `cannot read ${path}`, {
      advice: missing ? 'Name the slipway.yaml of an App; `slipway init` writes one.' : String(cause),
      cause,
    })
  }
}

/** What cannot be read here is told by the one who reads it strictly. */
function declared(text: string): { readonly name: string; readonly namespace: string } {
  let metadata: unknown
  try {
    metadata = (parse(text) as { metadata?: unknown } | null)?.metadata
  } catch {
    metadata = undefined
  }
  const { name, namespace } = (metadata ?? {}) as { name?: unknown; namespace?: unknown }
  return { name: textOr(name, 'app'), namespace: textOr(namespace, 'default') }
}

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
