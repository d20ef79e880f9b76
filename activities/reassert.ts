// What others changed of what is ours becomes ours again, and an Event names who had changed it.
import { appKey } from '../domain/app.ts'
import type { Repair } from '../platform/platform.ts'
import type { Sweep } from './sweep.ts'

/** Only what Slipway wrote is looked at; what others put beside it stays theirs. */
export async function reassert(sweep: Sweep): Promise<void> {
  const { deploy, traffic } = sweep.platform
  const apps = sweep.apps.filter(({ deleted }) => !deleted).map(({ app }) => app)
  if (apps.length === 0) return
  for (const word of [traffic, deploy]) {
    const repairs = await word.repair(apps).catch((error: unknown) => {
      sweep.failed(word === traffic ? 'routes' : 'revisions', error)
      return []
    })
    for (const repair of repairs) await record(sweep, repair)
  }
}

async function record({ platform, did, failed }: Sweep, { app, what, manager }: Repair): Promise<void> {
  const message = `${manager} changed ${what}; it is as it was written again`
  did('repaired', `${appKey(app)}: ${message}`)
  const event = { reason: 'Repaired', type: 'Warning', message } as const
  await platform.report.happened(app, event).catch((error: unknown) => failed(app, error))
}
