// Builds a plan's commit and names the revision that its image makes.
import { Context } from '@temporalio/activity'
import type { Plan } from '../domain/release.ts'
import { makeRevision, type Revision } from '../domain/revision.ts'
import type { Platform } from '../platform/platform.ts'
import { alive } from './clock.ts'

/** Of a line of the log, what the heartbeat carries. */
const lineShown = 500

export function buildVerbs({ build, deploy }: Pick<Platform, 'build' | 'deploy'>) {
  return {
    async buildRevision(plan: Plan): Promise<Revision> {
      const { cancellationSignal: signal } = Context.current()
      const { app } = plan.release
      const built = () =>
        alive((say) => build.build(plan, { signal, progress: (line) => say(line.slice(0, lineShown)) }))
      const image = plan.image ?? (await built())
      return makeRevision(plan, image, await deploy.config(app, plan.spec.run, true))
    },
  }
}
