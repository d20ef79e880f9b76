// A revision that serves before the story begins, as the cluster remembers what an earlier release left.
import type { ReleaseRef } from '../../domain/release.ts'
import type { Revision } from '../../domain/revision.ts'
import type { World } from '../../platform/memory/world.ts'
import type { Platform } from '../../platform/platform.ts'

export async function stand(
  { platform, world }: { readonly platform: Platform; readonly world: World },
  release: ReleaseRef,
  revision: Revision,
): Promise<void> {
  const { app, seq } = release
  await platform.deploy.create(revision)
  const weights = [{ revision: revision.name, weight: 1000 }]
  await platform.traffic.write({ app, hosts: [], weights, epoch: { seq, n: 1 }, stable: revision.name })
  const [startedAt, message] = [world.clock.now(), 'it was there before']
  const status = { release, phase: 'done', outcome: 'promoted', message, weight: 1000, startedAt } as const
  await platform.report.release({ ...status, revision: revision.name, transitions: [] })
}
