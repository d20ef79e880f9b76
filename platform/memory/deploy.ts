// The memory platform's deploy: pods that become ready as the world's scripts say, configuration that is copied by its content.
import { createHash } from 'node:crypto'
import { type AppRef, type AppSpec, appKey } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { fewest, most } from '../../domain/capacity.ts'
import type { ConfigCopy, ConfigName } from '../../domain/config.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Revision } from '../../domain/revision.ts'
import type { Deploy } from '../platform.ts'
import type { World } from './world.ts'

export function memoryDeploy(world: World): Deploy {
  return {
    describe: async (app) => {
      const kept = servedBefore(world, app)
      const [policy, onDelete] = [world.policies.get(appKey(app)), world.onDelete.get(appKey(app))]
      return {
        source: world.declared.get(appKey(app)),
        ...(policy && { policy }),
        ...(onDelete && { onDelete }),
        revisions: world.revisionsOf(app),
        ...(kept.length > 0 && { kept }),
      }
    },
    apps: async () =>
      [...world.declared.keys()].map((key) => {
        const [namespace = '', name = ''] = key.split('/')
        const remembered = world.apps.get(key)
        const source = world.declared.get(key)
        return { app: { namespace, name }, source, ...(remembered && { remembered }) }
      }),
    running: async (apps) =>
      apps.flatMap((app) =>
        world.revisionsOf(app).map((revision) => ({
          revision,
          since: world.revisions.get(revision.name)?.since ?? 0,
        })),
      ),
    create: async (revision, pods = fewest(revision.run)) => {
      refuseLostCopies(world, revision)
      if (world.revisions.has(revision.name)) return
      const at = world.clock.now()
      world.revisions.set(revision.name, {
        revision,
        at,
        since: at,
        pods: Math.min(pods, most(revision.run)),
      })
    },
    scale: async (revision, pods) => scale(world, revision, pods),
    keep: async (revision) => {
      scale(world, revision, 0)
      const running = world.revisions.get(revision.name)
      if (running) world.revisions.set(revision.name, { ...running, served: world.clock.now() })
    },
    config: async (app, run, make) => copiesOf(world, app, run, make),
    repair: async () => [],
    holdOnDelete: async () => undefined,
    readiness: async ({ name, sha, run }) => {
      const failure = world.revisions.has(name) ? world.script(sha).podsFail : undefined
      return {
        ready: world.readyPods(name),
        wanted: world.revisions.get(name)?.pods ?? fewest(run),
        ...(failure === undefined ? {} : { failure }),
      }
    },
    remove: async (app, name, copies = []) => {
      const gone = world.revisions.get(name)?.revision
      world.revisions.delete(name)
      for (const { copy } of gone?.config ?? copies) {
        const used = world.revisionsOf(app).some(({ config = [] }) => config.some((one) => one.copy === copy))
        if (!used) world.copies.delete(`${app.namespace}/${copy}`)
      }
    },
  }
}

/** The latest first. */
function servedBefore(world: World, app: AppRef): readonly string[] {
  const served = ({ name }: Revision) => world.revisions.get(name)?.served
  return world
    .revisionsOf(app)
    .filter((one) => served(one) !== undefined)
    .sort((a, b) => (served(b) ?? 0) - (served(a) ?? 0))
    .map(({ name }) => name)
}

/** An autoscaler takes it as the least and takes away nothing: here the load is always the same. */
function scale(world: World, { app, name, run }: Revision, wanted: number): void {
  const running = world.revisions.get(name)
  if (!running) {
    throw new PermanentFailure('NotFound', `cannot scale ${app.namespace}/${name}: there is none`)
  }
  const least = Math.min(wanted, most(run))
  const pods = wanted === 0 ? 0 : run.autoscale ? Math.max(running.pods, least) : wanted
  if (pods === running.pods) return
  const ready = world.readyPods(name)
  const grown = pods > running.pods ? { at: world.clock.now() } : {}
  world.revisions.set(name, { ...running, ...grown, pods, before: Math.min(ready, pods) })
}

function copiesOf(
  world: World,
  app: AppRef,
  { config = [], secrets = [] }: Pick<AppSpec['run'], 'config' | 'secrets'>,
  make: boolean,
): readonly ConfigCopy[] {
  const copyOf = (kind: ConfigCopy['kind']) => (one: ConfigName) => {
    const content = world.config.get(`${app.namespace}/${one.name}`)
    if (!content) {
      const why = `cannot use ${kind} ${one.name} in ${app.namespace}: it does not exist`
      throw new PermanentFailure('NotFound', why)
    }
    const text = canonicalJson({ app: app.name, kind, content })
    const copy = `${one.name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
    if (make) world.copies.set(`${app.namespace}/${copy}`, content)
    return { ...one, kind, copy }
  }
  return [...config.map(copyOf('ConfigMap')), ...secrets.map(copyOf('Secret'))]
}

function refuseLostCopies(world: World, { app, run, config = [] }: Revision): void {
  const lost = () => config.find(({ copy }) => !world.copies.has(`${app.namespace}/${copy}`))
  if (!lost()) return
  copiesOf(world, app, run, true)
  const changed = lost()
  if (!changed) return
  throw new PermanentFailure(
    'NotFound',
    `cannot give ${appKey(app)} the ${changed.kind} ${changed.name}: it changed since the revision was named`,
  )
}
