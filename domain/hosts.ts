// Host names and patterns: which of them another one holds, and which another App has.
import { type AppRef, appKey } from './app.ts'

/** Whether every name that `host` stands for is one that `allowed` stands for: `*.example.com` holds `a.b.example.com`, not `example.com`. */
export function holds(allowed: string, host: string): boolean {
  if (allowed === host) return true
  return allowed.startsWith('*.') && host.replace(/^\*\./, 'x.').endsWith(allowed.slice(1))
}

/** Two Apps at one host would take each other's requests. */
export const takenBy = (host: string, app: AppRef): string =>
  `${host} is served by the App ${appKey(app)} already; take another host, or remove it there`
