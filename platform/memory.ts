// All interfaces in memory, for tests of what lies above: it passes the same contracts as the real drivers.
import { createHash } from 'node:crypto'
import { appKey } from '../domain/app.ts'
import { PermanentFailure } from '../domain/failure.ts'
import { aborted } from './memory/clock.ts'
import { memoryDeploy } from './memory/deploy.ts'
import { type ForgeWorld, memoryForge } from './memory/forge.ts'
import { memoryHooks } from './memory/hooks.ts'
import { memoryMetrics } from './memory/metrics.ts'
import { memoryReport } from './memory/report.ts'
import { memorySink, type SinkWorld } from './memory/sink.ts'
import { memoryTraffic } from './memory/traffic.ts'
import { world as makeWorld, type World, type WorldCall, type WorldOptions } from './memory/world.ts'
import type { Build, Platform, Source } from './platform.ts'

export interface MemoryOptions extends WorldOptions {
  /** Where commits show their releases; nowhere when absent. */
  readonly forge?: ForgeWorld
  /** Who takes events; nobody when absent. */
  readonly sink?: SinkWorld
}

/**
 * A platform, and the world it acts on:
 *
 *     const { platform, world } = memoryPlatform({ load: 200 })
 *     world.declare(app, source)
 *     const sha = world.push(source, { 'slipway.yaml': manifest })
 *     world.plan(sha, { errors: 0.2 })
 */
export function memoryPlatform({ forge, sink, ...options }: MemoryOptions = {}): {
  platform: Platform
  world: World
} {
  const world = makeWorld(options)
  const platform: Platform = {
    source: noted(world, 'source', source(world)),
    build: noted(world, 'build', build(world)),
    deploy: noted(world, 'deploy', memoryDeploy(world)),
    traffic: noted(world, 'traffic', memoryTraffic(world)),
    metrics: noted(world, 'metrics', memoryMetrics(world)),
    report: noted(world, 'report', memoryReport(world)),
    hooks: noted(world, 'hooks', memoryHooks(world)),
    ...(forge && { forge: noted(world, 'forge', memoryForge(forge)) }),
    ...(sink && { sink: noted(world, 'sink', memorySink(sink)) }),
  }
  return { platform, world }
}

function source(world: World): Source {
  const commitOf = (repository: string, sha: string) => world.repositories.get(repository)?.commits.get(sha)
  return {
    head: async ({ repository, branch }) => world.repositories.get(repository)?.branches.get(branch),
    read: async ({ repository }, sha, path) => {
      const found = commitOf(repository, sha)
      if (!found) throw new PermanentFailure('NotFound', `no commit ${sha} in ${repository}`)
      const text = found.files[path]
      if (text === undefined) {
        throw new PermanentFailure('NotFound', `no ${path} at ${sha.slice(0, 7)} in ${repository}`)
      }
      return { commit: found.commit, text }
    },
    isAncestor: async ({ repository }, ancestor, descendant) => {
      let sha: string | undefined = descendant
      while (sha !== undefined && sha !== ancestor) sha = commitOf(repository, sha)?.parent
      return sha === ancestor && commitOf(repository, ancestor) !== undefined
    },
  }
}

function build(world: World): Build {
  return {
    build: async ({ release, spec, commit }, { signal, progress }) => {
      const { buildTakes = 0, buildWaitsFor, buildFails } = world.script(commit.sha)
      signal.throwIfAborted()
      world.building.set(commit.sha, followers(world, commit.sha) + 1)
      try {
        progress(`building ${commit.sha.slice(0, 7)}`)
        if (buildWaitsFor !== undefined) await Promise.race([buildWaitsFor, aborted(signal)])
        await world.clock.sleep(buildTakes, signal)
      } finally {
        const left = followers(world, commit.sha) - 1
        if (left > 0) world.building.set(commit.sha, left)
        else world.building.delete(commit.sha)
      }
      if (buildFails !== undefined) {
        const tail = { detail: buildFails }
        throw new PermanentFailure('BuildFailed', `cannot build ${commit.sha.slice(0, 7)}`, tail)
      }
      const content = JSON.stringify([commit.sha, spec.build])
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
      return { repository: `registry.memory/${appKey(release.app)}`, digest }
    },
  }
}

const followers = (world: World, sha: string): number => world.building.get(sha) ?? 0

/** Writes each call down and lets the test's hook have its say first. */
function noted<Word extends keyof Platform>(
  world: World,
  word: Word,
  driver: Required<Platform>[Word],
): Required<Platform>[Word] {
  const wrapped = Object.entries(driver).map(([name, value]) => {
    // What asks nobody is no call.
    if (typeof value !== 'function' || name === 'query' || name === 'hosts') return [name, value]
    const verb = `${word}.${name}` as WorldCall['verb']
    return [
      name,
      async (...given: readonly unknown[]) => {
        const call = { verb, arguments: given, at: world.clock.now() }
        world.calls.push(call)
        await world.before(call)
        return value(...given)
      },
    ]
  })
  return Object.fromEntries(wrapped)
}
