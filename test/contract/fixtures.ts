// Plain values that are valid: a test states only what it is about.
import { createHash } from 'node:crypto'
import type { AppRef, AppSpec } from '../../domain/app.ts'
import type { ReleaseStatus } from '../../domain/release.ts'
import type { Image, Revision } from '../../domain/revision.ts'
import type { Clock } from '../../platform/memory/clock.ts'

/** The same 40 hex for the same seed. */
export const fakeSha = (seed: string): string => createHash('sha1').update(seed).digest('hex')

export const fakeImage = (seed: string): Image => ({
  repository: 'registry.example/default/shop',
  digest: `sha256:${createHash('sha256').update(seed).digest('hex')}`,
})

export const aRun = (change: Partial<AppSpec['run']> = {}): AppSpec['run'] => ({
  port: 8080,
  replicas: 1,
  env: {},
  resources: { cpu: '20m', memory: '64Mi' },
  health: '/healthz',
  ...change,
})

export function aRevision(app: AppRef, seed: string, change: Partial<Revision> = {}): Revision {
  const sha = fakeSha(seed)
  const name = `${app.name}-${sha.slice(0, 7)}-${fakeSha(`${seed}/spec`).slice(0, 4)}`
  return { app, name, release: `${app.name}-1`, sha, image: fakeImage(seed), run: aRun(), ...change }
}

export function aStatus(app: AppRef, seq: number, change: Partial<ReleaseStatus> = {}): ReleaseStatus {
  const sha = fakeSha(`${app.name}/${seq}`)
  return {
    release: { app, seq, sha },
    phase: 'reading',
    message: 'reading slipway.yaml',
    weight: 0,
    transitions: [],
    startedAt: Date.UTC(2026, 0, 1),
    ...change,
  }
}

/** A clock that stands still but for those who sleep: what is counted over time is exact. */
export function aClock(start = Date.UTC(2026, 0, 1)): Clock {
  let now = start
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds
    },
  }
}
