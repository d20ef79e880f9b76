// The three kinds on a real API server: it keeps what is right, refuses what is wrong, and shows what people look for.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReleaseStatus } from '../../../domain/release.ts'
import { readState } from '../../../local/state.ts'
import { kinds } from '../../../platform/kinds.ts'
import { aStatus, fakeSha } from '../fixtures.ts'
import { type Cluster, cluster } from './cluster.ts'

let here: Cluster
beforeAll(async () => {
  here = await cluster()
})
afterAll(() => here?.close())

let objects = 0
const named = () => {
  objects += 1
  return { namespace: here.namespace, name: `thing-${objects}` }
}

async function table(...words: readonly string[]): Promise<string[][]> {
  const { kubectl, kubeconfig } = readState()
  const args = ['--kubeconfig', kubeconfig, '-n', here.namespace, 'get', ...words]
  const { stdout } = await promisify(execFile)(kubectl, args, { timeout: 20_000 })
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
}

describe('App', () => {
  const source = { repository: 'https://git.shop.invalid/shop.git', branch: 'main' }
  const create = (spec: Readonly<Record<string, unknown>>) =>
    here.admin.create(kinds.App, { metadata: named(), spec })

  it('says where its commits come from', async () => {
    expect((await create({ source, onDelete: 'keep' }))?.spec).toEqual({ source, onDelete: 'keep' })
  })

  it('says what a push may ask for, and what its deletion does', async () => {
    const spec = { source, onDelete: 'retire', policy: { hosts: ['*.example.com'], maxFirstWeight: '5%' } }
    expect((await create(spec))?.spec).toEqual(spec)
  })

  it('is released from main when it names no branch', async () => {
    const { repository } = source
    expect((await create({ source: { repository } }))?.spec).toEqual({ source })
  })

  it.each([
    [{}, 'spec.source: Required value'],
    [{ source: {} }, 'spec.source.repository: Required value'],
    [{ source: { repository: 'https://ana:secret@example.com/shop' } }, 'spec.source.repository'],
    [{ source: { repository: 'ssh://example.com/shop' } }, 'spec.source.repository'],
    [{ source: { ...source, branch: 'a b' } }, 'spec.source.branch'],
    [{ source, onDelete: 'burn' }, 'supported values: "keep", "retire"'],
    [{ source, policy: { hosts: [] } }, 'spec.policy.hosts'],
    [{ source, run: { port: 8080 } }, 'belong in slipway.yaml in the repository'],
    [{ source, release: { steps: [5] } }, 'belong in slipway.yaml in the repository'],
  ])('refuses %j', async (spec, says) => {
    await expect(create(spec)).rejects.toThrow(says)
  })

  it('shows what is stable and what runs', async () => {
    const app = await create({ source })
    if (!app) throw new Error('not created')
    const stable = { revision: 'shop-1234567-abcd', sha: fakeSha('shop') }
    await here.admin.replace(
      kinds.App,
      { ...app, status: { stable, active: 'shop-7', message: 'releasing' } },
      'status',
    )
    const [head, row] = await table('app', app.metadata.name)
    expect(head?.slice(0, 5).map((cell) => cell.trim())).toEqual(['NAME', 'STABLE', 'ACTIVE', 'READY', 'AGE'])
    expect(row?.slice(1, 3)).toEqual(['shop-1234567-abcd', 'shop-7'])
  })
})

describe('Release', () => {
  const sha = fakeSha('release')
  const create = (spec: Readonly<Record<string, unknown>>) =>
    here.admin.create(kinds.Release, { metadata: named(), spec })

  it('keeps every word of its status', async () => {
    const made = await create({ app: 'shop', seq: 7, sha })
    if (!made) throw new Error('not created')
    const status = { ...(told(made.metadata.namespace) satisfies Partial<ReleaseStatus>), share: '25%' }
    const kept = await here.admin.replace(kinds.Release, { ...made, status }, 'status')
    expect(kept?.status).toEqual(status)
    const [head, row] = await table('rel', made.metadata.name)
    expect(head?.map((cell) => cell.trim())).toEqual([
      'NAME',
      'APP',
      'REVISION',
      'PHASE',
      'WEIGHT',
      'WAITING',
      'OUTCOME',
      'MESSAGE',
      'AGE',
    ])
    expect(row?.slice(1, 7)).toEqual([
      'shop',
      'shop-1234567-abcd',
      'rolling-out',
      '25%',
      'promoted',
      'looking',
    ])
  })

  it.each([
    [{ app: 'shop', seq: 7 }, 'spec.sha: Required value'],
    [{ app: 'shop', seq: 0, sha }, 'spec.seq'],
    [{ app: 'shop', seq: 1.5, sha }, 'spec.seq'],
    [{ app: 'shop', seq: 1, sha: 'main' }, 'spec.sha'],
  ])('refuses %j', async (spec, says) => {
    await expect(create(spec)).rejects.toThrow(says)
  })

  it.each([
    [{ phase: 'dancing' }, 'status.phase'],
    [{ outcome: 'lost' }, 'status.outcome'],
    [{ weight: 1001 }, 'status.weight'],
  ])('refuses the status %j', async (status, says) => {
    const made = await create({ app: 'shop', seq: 8, sha })
    if (!made) throw new Error('not created')
    await expect(here.admin.replace(kinds.Release, { ...made, status }, 'status')).rejects.toThrow(says)
  })

  it('is always of the same commit', async () => {
    const made = await create({ app: 'shop', seq: 9, sha })
    if (!made) throw new Error('not created')
    const changed = { ...made, spec: { app: 'shop', seq: 9, sha: fakeSha('other') } }
    await expect(here.admin.replace(kinds.Release, changed)).rejects.toThrow('a Release is never changed')
  })

  function told(namespace: string): Omit<ReleaseStatus, 'release'> {
    const { release: _, ...status } = aStatus({ namespace, name: 'shop' }, 7)
    const tally = { requests: 100, errors: 1, timed: 100, within: [99] }
    const evidence = { from: 1, to: 2, canary: tally, stable: tally, looks: 3 }
    const transition = {
      at: 1_800_000_000_000,
      phase: 'rolling-out',
      weight: 250,
      message: 'at 25%',
      evidence,
    } as const
    return {
      ...status,
      phase: 'rolling-out',
      outcome: 'promoted',
      message: 'looking',
      commit: { sha, title: 'Sell more', author: 'ana', committedAt: 1_800_000_000_000 },
      revision: 'shop-1234567-abcd',
      stable: 'shop-7654321-dcba',
      image: `registry.example/shop@sha256:${'0'.repeat(64)}`,
      weight: 250,
      step: '2/4',
      stalled: 'no requests',
      evidence,
      transitions: [transition, transition],
      finishedAt: 1_800_000_000_001,
    }
  }
})

describe('Command', () => {
  const create = (spec: Readonly<Record<string, unknown>>) =>
    here.admin.create(kinds.Command, { metadata: named(), spec })

  it.each([
    [{ by: 'ana', release: 'shop-7' }, 'spec.verb: Required value'],
    [{ verb: 'abort', release: 'shop-7' }, 'spec.by: Required value'],
    [{ by: 'ana', verb: 'dance', release: 'shop-7' }, 'spec.verb: Unsupported value'],
    [{ by: 'ana', verb: 'abort' }, 'it must name a release or an app, and not both'],
    [
      { by: 'ana', verb: 'retry', release: 'shop-7', app: 'shop' },
      'it must name a release or an app, and not both',
    ],
    [{ by: 'ana', verb: 'freeze', release: 'shop-7' }, 'a release answers approve, pause'],
    [{ by: 'ana', verb: 'abort', app: 'shop' }, 'an app answers rollback'],
  ])('refuses %j', async (spec, says) => {
    await expect(create(spec)).rejects.toThrow(says)
  })
})
