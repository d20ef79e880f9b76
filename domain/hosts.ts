// Host names and patterns: which of them another one holds.

/** Whether every name that `host` stands for is one that `allowed` stands for: `*.example.com` holds `a.b.example.com`, not `example.com`. */
export function holds(allowed: string, host: string): boolean {
  if (allowed === host) return true
  return allowed.startsWith('*.') && host.replace(/^\*\./, 'x.').endsWith(allowed.slice(1))
}
