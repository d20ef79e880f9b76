// A revision that nothing explains, on the local cluster: what the sweep removes when its App's turn comes, and what it leaves.
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../activities/clock.ts'
import type { Lives } from '../../../activities/lives.ts'
import type { Sweep } from '../../../activities/sweep.ts'
import { tidy } from '../../../activities/tidy.ts'
import type { Outcome } from '../../../domain/release.ts'
import type { Revision } from '../../../domain/revision.ts'
import { addresses } from '../../../local/addresses.ts'
import { kinds, type Resource } from '../../../platform/kinds.ts'
import type { Platform } from '../../../platform/platform.ts'
import { kubernetesReport } from '../../../platform/report/kubernetes.ts'
import { gatewayApiTraffic } from '../../../platform/traffic/gateway-api.ts'
import { traefikServed } from '../../../platform/traffic/traefik.ts'
import { aStatus } from '../fixtures.ts'
import { clusterWithPods, gateway } from './cluster.ts'

const minutes = 60_000

test('what a failed release left is removed after ten minutes, with its Service; what serves and what was promoted stays', async () => {
  const { kube, deploy, newApp, newRevision, running, close } = await clusterWithPods()
  onTestFinished(close)
  const app = newApp()
  const made = (seq: number) => ({ ...newRevision(app), release: `${app.name}-${seq}` })
  const [promoted, left, serves] = [made(1), made(2), made(3)]
  await Promise.all([serves, promoted, left].map(running))
  const traffic = gatewayApiTraffic({ kube, gateway, served: traefikServed({ url: addresses.gateway }) })
  const weights = [{ revision: serves.name, weight: 1000 }]
  const hosts = [`${app.name}.${app.namespace}.example.com`]
  await traffic.write({ app, hosts, weights, epoch: { seq: 3, n: 1 }, stable: serves.name })
  const report = kubernetesReport({ kube })
  const ended = ({ name }: Revision, seq: number, outcome: Outcome) =>
    report.release(aStatus(app, seq, { phase: 'done', outcome, revision: name }))
  await ended(promoted, 1, 'promoted')
  await ended(left, 2, 'failed')
  await ended(serves, 3, 'promoted')

  const did: string[] = []
  const sweepIn = async (later: number) => {
    const sweep: Sweep = {
      ...{ platform: { deploy, traffic, report } as Platform, lives: idle, told: new Map() },
      clock: { ...systemClock, now: () => Date.now() + later },
      ...{ apps: [], unfinished: [], running: await deploy.running([app]) },
      runs: async () => true,
      did: (_, sentence) => did.push(sentence),
      failed: (_, error) => expect.fail(String(error)),
    }
    await new MockActivityEnvironment().run(() => tidy(sweep, { app, source: undefined }))
    const [deployments, services] = await Promise.all([
      kube.list(kinds.Deployment, app.namespace),
      kube.list(kinds.Service, app.namespace),
    ])
    return { deployments: names(deployments), services: names(services) }
  }
  const all = [serves, promoted, left].map(({ name }) => name).sort()
  expect(await sweepIn(0)).toEqual({ deployments: all, services: all })
  const kept = [serves, promoted].map(({ name }) => name).sort()
  expect(await sweepIn(11 * minutes)).toEqual({ deployments: kept, services: kept })
  expect(did).toEqual([expect.stringContaining(`${left.name} was left over and is removed`)])
})

/** Those that are not being deleted. */
const names = (objects: readonly Resource[]) =>
  objects.flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : [metadata.name])).sort()

/** An App that knows of nothing under way. */
const idle: Lives = {
  listed: async () => new Set(),
  runs: async () => true,
  lookAgain: async () => undefined,
  inHand: async () => ({ seq: 3 }),
  ending: async () => null,
  cancel: async () => undefined,
}
