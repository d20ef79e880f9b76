// Registers the search attributes before the first poll: a workflow that sets an unknown one would be stuck for good.
import type { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { searchAttributes } from '../workflows/search-attributes.ts'
import { persist } from './persist.ts'

export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const what = `register search attributes in ${namespace}`
  await persist({ what, log, signal }, () => register(connection, namespace))
}

/** As Temporal numbers them. */
const kinds = { KEYWORD: 2, INT: 3 } as const

/** Registers each by itself: one that exists already is no reason to miss the next. */
export async function register({ operatorService }: NativeConnection, namespace: string): Promise<void> {
  for (const { name, type } of Object.values(searchAttributes)) {
    try {
      await operatorService.addSearchAttributes({ namespace, searchAttributes: { [name]: kinds[type] } })
    } catch (error) {
      if (!existsAlready(error)) throw error
    }
  }
}

const alreadyExists = 6

const existsAlready = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === alreadyExists
