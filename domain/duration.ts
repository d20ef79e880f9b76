// Lengths of time as people read them. Apart from the schemas, so that workflow code can use it.

/** Milliseconds. */
export const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** 90000 → `1m30s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  let rest = milliseconds
  const parts = (['d', 'h', 'm', 's', 'ms'] as const).map((name) => {
    const count = Math.floor(rest / unit[name])
    rest -= count * unit[name]
    return count > 0 ? `${count}${name}` : ''
  })
  return parts.join('')
}
