// The whole road on the real parts: a version that becomes stable, one that is promoted under load, one that is taken back.
import { join } from 'node:path'
import { type ReleaseStatus, releaseWorkflowId } from '../domain/release.ts'
import { type ApiCall, callsAbout, callsSince, endOf } from './audit.ts'
import { type Example, openExample, type Version } from './example.ts'
import { followed } from './following.ts'
import { type Histories, histories } from './history.ts'
import { failed, type Load, startLoad, type Tally, tally } from './load.ts'
import { measure, type ReleaseMeasures, type ReleaseRecord, residentMemory } from './measures.ts'
import { paths } from './paths.ts'
import { sleep } from './process.ts'
import { configurationOf, type GatewayWatch, type Served, watchGateway } from './served.ts'
import type { State } from './state.ts'

export interface RoadOptions {
  readonly state: State
  /** Hears each line of what happens. */
  readonly say: (line: string) => void
  /** Requests a second. */
  readonly rate?: number
  /** Where the commits lie; the built-in remote when absent. */
  readonly home?: Home
}

/** A remote, and the App whose commits lie there. */
export interface Home {
  readonly name: string
  /** `<name>.git` follows. */
  readonly remote: string
  readonly tokenFile: string
  /** What must be there before the first push. */
  readonly prepare: () => Promise<unknown>
}

/** One version's trip, as it was seen from outside. */
export interface Trip {
  readonly version: Version
  readonly status: ReleaseStatus
  /** All requests from the push to the outcome. */
  readonly traffic: Tally
  readonly measures: ReleaseMeasures
}

export interface Road {
  readonly app: Example['app']
  readonly host: string
  readonly first: Trip
  readonly good: Trip
  readonly bad: Trip
  /** After the bad version was taken back. */
  readonly after: Tally
  /** The gateway's weights by revision, each as it changed. */
  readonly weights: readonly Served['weights'][]
  readonly memory: Readonly<Record<string, number>>
}

const loadLimits = { requests: 90_000, time: 15 * 60_000 }
/** What stable is known by before the next version comes; and how long that may take. */
const known = { requests: 1_000, within: 60_000 }
const releaseTimeout = '5m'
const afterwards = 2_000

/** Pushes the three versions one after the other. It reports; whether all is well is for `complaints.ts` to say. */
export async function travel(options: RoadOptions): Promise<Road> {
  const trips = await prepare(options)
  try {
    const { example } = trips
    const next = (after: number, failing: number, title: string): Version => {
      const number = example.versions + after
      return { number, failing, title: `Version ${number}: ${title}` }
    }
    const first = await trip(trips, next(1, 0, 'say hello'))
    await stableIsKnown(trips)
    const good = await trip(trips, next(2, 0, 'say hello in blue'))
    const bad = await trip(trips, next(3, 0.2, 'fail every fifth request'))
    const end = Date.now()
    await sleep(afterwards)
    const after = tally(trips.samples(), end)
    const weights = trips.gateway.changes.map((served) => served.weights)
    const { app, host } = example
    return { app, host, first, good, bad, after, weights, memory: memory(options.state) }
  } finally {
    await trips.end()
  }
}

/** A canary is compared with what stable does beside it and did before it. */
async function stableIsKnown({ options: { say }, samples }: Trips): Promise<void> {
  const begun = samples().length
  for (const end = Date.now() + known.within; Date.now() < end; await sleep(200)) {
    if (samples().length - begun >= known.requests) return
  }
  say(`fewer than ${known.requests} requests were answered in ${known.within / 1000} s`)
}

/** What the trips share: the clone, the load, the eyes on the gateway. */
interface Trips {
  readonly options: RoadOptions
  readonly example: Example
  readonly gateway: GatewayWatch
  readonly histories: Histories
  readonly samples: () => Load['samples']
  /** Names the version whose weights are told, from now on. */
  readonly name: (revisionOf: { readonly sha: string; readonly version: Version }) => void
  readonly end: () => Promise<void>
}

async function prepare(options: RoadOptions): Promise<Trips> {
  const { state, say, rate = 100, home } = options
  await home?.prepare()
  const example = await openExample({
    files: join(paths.root, 'manifests', 'example'),
    clone: join(paths.state, 'demo', home?.name ?? 'clone'),
    remote: home?.remote ?? state.git.url,
    tokenFile: home?.tokenFile ?? state.git.pushTokenFile,
    namespace: 'default',
    ...(home && { name: home.name }),
  })
  let load: Load | undefined
  let named: { sha: string; version: Version } | undefined
  const samples = () => load?.samples ?? []
  const begin = () => {
    if (load) return
    load = startLoad({ url: state.addresses.app, host: example.host, rate, atMost: loadLimits })
    say(`load: ${rate} requests a second to http://${example.host} through the gateway`)
  }
  const gateway = watchGateway(configurationOf(state.addresses.gateway), example.app, (served) => {
    if (named) say(servedLine(served, named, samples()))
    begin()
  })
  const temporal = await histories(state.addresses.temporal)
  return {
    options,
    example,
    gateway,
    histories: temporal,
    samples,
    name: (which) => {
      named = which
    },
    end: async () => {
      await Promise.all([load?.stop(), gateway.stop(), temporal.close()])
    },
  }
}

async function trip(trips: Trips, version: Version): Promise<Trip> {
  const { example, gateway, options } = trips
  const sha = await example.commit(version)
  trips.name({ sha, version })
  options.say(`git push slipway main   # ${sha.slice(0, 7)} ${version.title}`)
  const record = await released(trips, version, sha)
  const traffic = tally(trips.samples(), record.pushedAt)
  const whole: ReleaseRecord = { ...record, samples: trips.samples(), served: gateway.changes }
  return { version, status: record.status, traffic, measures: measure(whole) }
}

async function released(
  { options: { state, say }, example, histories }: Trips,
  version: Version,
  sha: string,
): Promise<Omit<ReleaseRecord, 'samples' | 'served'>> {
  const auditStart = endOf(state.auditLog)
  const pushedAt = Date.now()
  const [status] = await Promise.all([
    followed({ app: example.app.name, sha, timeout: releaseTimeout }),
    example.push((line) => say(`  ${line}`)),
  ])
  return {
    pushedAt,
    version: String(version.number),
    status,
    calls: await callsUntilQuiet(state.auditLog, auditStart, example.app.name),
    temporalEvents: await histories.events(releaseWorkflowId(status.release)),
  }
}

/** A release's last reports come a moment after its outcome. */
async function callsUntilQuiet(log: string, start: number, app: string): Promise<ApiCall[]> {
  await sleep(500)
  return callsAbout(await callsSince(log, start), app)
}

function servedLine(
  served: Served,
  { sha, version }: { sha: string; version: Version },
  samples: Load['samples'],
): string {
  const canary =
    Object.entries(served.weights).find(([revision]) => revision.includes(sha.slice(0, 7)))?.[1] ?? 0
  const bad = samples.filter(failed).length
  const seen = samples.length > 0 ? `   (${samples.length} requests so far, ${bad} failed)` : ''
  return `gateway serves ${String(canary / 10).padStart(5)} % from version ${version.number}${seen}`
}

function memory({ parts }: State): Record<string, number> {
  const known = ['worker', 'api'].flatMap((name) => {
    const pid = parts[name]?.pid
    const size = pid ? residentMemory(pid) : undefined
    return size === undefined ? [] : [[name, size] as const]
  })
  return Object.fromEntries(known)
}
