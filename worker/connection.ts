// The connection to Temporal: tried until it is there, for a bounded time.
import { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { persist } from './persist.ts'

export function connectTemporal(
  address: string,
  log: Logger,
  signal: AbortSignal,
): Promise<NativeConnection> {
  const what = `connect to Temporal at ${address}`
  return persist({ what, log, signal }, () => NativeConnection.connect({ address }))
}
