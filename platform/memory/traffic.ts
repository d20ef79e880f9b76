// The memory platform's traffic: the same decisions over the memory gateway's routes.
import { appKey } from '../../domain/app.ts'
import type { Traffic } from '../platform.ts'
import { decide } from '../traffic/fence.ts'
import type { World } from './world.ts'

export function memoryTraffic(world: World): Traffic {
  const { gateway } = world
  return {
    resolution: 1,
    abilities: { direct: true, preview: true },
    read: async (app) => gateway.route(app),
    write: async (write) => {
      if (decide(gateway.route(write.app), write) === 'done') return
      const { app, ...route } = write
      gateway.write(app, route)
    },
    served: async (app) => {
      // A share that nobody can answer is not served.
      const served = gateway
        .serves(app)
        ?.filter(({ revision, weight }) => weight === 0 || world.readyPods(revision) > 0)
      return served && served.length > 0 ? served : undefined
    },
    repair: async (apps) =>
      apps.flatMap((app) => {
        const { drift, ...is } = gateway.route(app) ?? {}
        if (!drift || !('epoch' in is)) return []
        gateway.write(app, { ...is, ...drift.written })
        return [{ app, what: drift.what, manager: drift.manager }]
      }),
    remove: async (app) => gateway.remove(app),
    taken: async (hosts, by) =>
      hosts.flatMap((host) => {
        const serving = gateway.servedAt(host)
        return by.filter((app) => serving.includes(appKey(app))).map((app) => ({ host, app }))
      }),
  }
}
