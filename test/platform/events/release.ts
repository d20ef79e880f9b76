// Statuses of releases, told by their transitions alone.
import type { Phase, ReleaseStatus } from '../../../domain/release.ts'

export const began = Date.parse('2026-03-01T12:00:00Z')
export const digest = `sha256:${'ab'.repeat(32)}`

export type Line = readonly [phase: Phase, weight: number, message?: string]

/** A push of `shop` that went this way, a second a line. */
export const aStatus = (lines: readonly Line[], part: Partial<ReleaseStatus> = {}): ReleaseStatus => ({
  release: {
    app: { namespace: 'default', name: 'shop' },
    seq: 7,
    sha: '3f2c1d0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e',
  },
  phase: lines.at(-1)?.[0] ?? 'pending',
  message: lines.at(-1)?.[2] ?? '',
  cause: 'push',
  revision: 'shop-3f2c1d0-ab12',
  stable: 'shop-9a8b7c6-cd34',
  image: `10.0.0.1:5000/default/shop@${digest}`,
  weight: lines.at(-1)?.[1] ?? 0,
  transitions: lines.map(([phase, weight, message = phase], index) => ({
    at: began + index * 1000,
    phase,
    weight,
    message,
  })),
  startedAt: began,
  ...part,
})

/** Promoted by three weights. */
export const promoted = aStatus(
  [
    ['reading', 0],
    ['building', 0],
    ['deploying', 0],
    ['rolling-out', 50],
    ['rolling-out', 500],
    ['baking', 950],
    ['retiring', 1000],
    ['done', 1000],
  ],
  { outcome: 'promoted' },
)
