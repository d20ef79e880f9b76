// The memory platform's report: what was told, as the real one would remember it.
import { appKey } from '../../domain/app.ts'
import { releaseName } from '../../domain/release.ts'
import type { Report } from '../platform.ts'
import { isLate } from '../report/late.ts'
import { dayOf } from '../report/objects.ts'
import type { World } from './world.ts'

export function memoryReport(world: World): Report {
  const happened = new Set<string>()
  return {
    release: async (status) => {
      const key = `${status.release.app.namespace}/${releaseName(status.release)}`
      const known = world.releases.get(key)
      if (known?.release.sha === status.release.sha && isLate(known, status)) return false
      world.releases.set(key, structuredClone(status))
      if (known?.phase === status.phase && known.outcome === status.outcome) return true
      const { phase, outcome, message } = status
      world.events.push({ release: releaseName(status.release), phase: outcome ?? phase, message })
      return true
    },
    app: async (app, status) => {
      world.apps.set(appKey(app), status)
    },
    recorded: async (release) => {
      const found = world.releases.get(`${release.app.namespace}/${releaseName(release)}`)
      return found?.release.sha === release.sha ? structuredClone(found) : undefined
    },
    history: async (app) => [...world.releasesOf(app)].reverse().slice(0, 50),
    remembered: async (app) => world.apps.get(appKey(app)),
    unfinished: async () =>
      [...world.releases.values()].filter(({ outcome }) => !outcome).map(({ release }) => release),
    happened: async (app, { reason, message }) => {
      const event = { release: appKey(app), phase: reason, message }
      const said = JSON.stringify([event, dayOf(world.clock.now())])
      if (!happened.has(said)) world.events.push(event)
      happened.add(said)
    },
    forget: async (app, beyond) => {
      const old = [...world.releasesOf(app)].reverse().slice(beyond)
      const ended = old.filter(({ outcome }) => outcome).slice(-100)
      for (const { release } of ended) world.releases.delete(`${app.namespace}/${releaseName(release)}`)
      return ended.length
    },
  }
}
