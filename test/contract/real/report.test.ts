// The report driver on the local cluster.
import { addresses } from '../../../local/addresses.ts'
import { kinds } from '../../../platform/kinds.ts'
import type { AppStatus } from '../../../platform/platform.ts'
import { kubernetesReport } from '../../../platform/report/kubernetes.ts'
import { type ReportSetup, reportContract } from '../report.ts'
import { cluster } from './cluster.ts'

reportContract(async (): Promise<ReportSetup> => {
  const { kube, admin, newApp, declared, close } = await cluster()
  // By name: what else happened in the namespace within the hour may be more than can be listed.
  const eventsOf = (kind: 'App' | 'Release', namespace: string, name: string) =>
    admin.list(kinds.Event, namespace, { fields: { 'regarding.kind': kind, 'regarding.name': name } })
  return {
    report: kubernetesReport({ kube }),
    newApp,
    declared: () => declared({ repository: `${addresses.git}/nothing.git`, branch: 'main' }),
    events: async ({ namespace }, release) => {
      const events = await eventsOf('Release', namespace, release)
      return events
        .toSorted((a, b) => String(a.eventTime).localeCompare(String(b.eventTime)))
        .map(({ note }) => String(note))
    },
    appEvents: async ({ namespace, name }) =>
      (await eventsOf('App', namespace, name)).map(({ reason, note }) => `${reason}: ${note}`),
    appStatus: async ({ namespace, name }) => {
      const app = await admin.get(kinds.App, namespace, name)
      if (!app?.status) return undefined
      const { conditions: _, observedGeneration: __, ...status } = app.status
      return status as unknown as AppStatus
    },
    close,
  }
})
