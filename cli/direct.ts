// `slipway abort --direct`: moves all traffic back to the stable revision by the caller's own hand, while Slipway and Temporal are down.
import type { AppRef } from '../domain/app.ts'
import { formatWeight } from '../domain/figures.ts'
import { formatEpoch, type RouteState } from '../domain/route.ts'
import type { EndpointSlice } from '../platform/kinds.ts'
import type { Traffic } from '../platform/platform.ts'
import type { Cluster, ReleaseView } from './cluster.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { knownApp } from './selection.ts'

/** The traffic driver, and the pods behind a revision, with the caller's own rights. */
export interface Direct {
  readonly traffic: Pick<Traffic, 'read' | 'write'>
  readonly endpoints: (app: AppRef, revision: string) => Promise<readonly EndpointSlice[]>
}

export interface DirectOptions {
  readonly reason: string
  /** Also to a stable revision of which no pod is ready. */
  readonly force: boolean
}

export async function abortDirectly(
  invocation: Invocation,
  name: string | undefined,
  { reason, force }: DirectOptions,
): Promise<ExitCode> {
  const cluster = await invocation.cluster()
  const app = await appOf(cluster, name)
  const { traffic, endpoints } = await invocation.direct()
  const route = await permitted(app, traffic.read(app))
  if (!route) throw nothingToMove(app)
  const releases = await cluster.releases(app.name)
  const running = releases.filter(({ outcome }) => outcome === undefined).map((one) => one.name)
  const { stable } = route
  if (running.length === 0 && isAlone(route)) {
    return unchanged(invocation, app, route)
  }
  if (!force) await refuseUnready(app, stable, endpoints)
  const by = await cluster.whoAmI()
  const epoch = above(route, releases)
  const note = `aborted by ${by}${reason && `: ${reason}`}`
  const weights = [{ revision: stable, weight: 1000 }]
  await permitted(app, traffic.write({ app, hosts: route.hosts, weights, epoch, stable, note }))
  const said = { app: app.name, stable, epoch: formatEpoch(epoch), before: route.weights, running, note }
  if (invocation.json) answerJson(invocation, said)
  else answerLines(invocation, told(said))
  return exitCodes.ok
}

function unchanged(
  invocation: Invocation,
  { name }: AppRef,
  { stable, epoch, weights }: RouteState,
): ExitCode {
  const said = { app: name, stable, epoch: formatEpoch(epoch), before: weights, running: [] }
  if (invocation.json) answerJson(invocation, said)
  else answerLines(invocation, [`${name}: all traffic is on ${stable} already, and nothing is released`])
  return exitCodes.ok
}

/** Whatever may still be written by a release that has a number: the next write is above it. */
function above(route: RouteState, releases: readonly ReleaseView[]) {
  const seqs = releases.map(({ release }) => release.seq)
  return { seq: Math.max(route.epoch.seq, ...seqs) + 1, n: 0 }
}

const isAlone = ({ weights, stable }: RouteState): boolean =>
  weights.every(({ revision, weight }) => weight === 0 || revision === stable)

interface Said {
  readonly app: string
  readonly stable: string
  readonly epoch: string
  readonly before: RouteState['weights']
  readonly running: readonly string[]
}

function told({ app, stable, epoch, before, running }: Said): readonly string[] {
  const shares = before.map(({ revision, weight }) => `${revision} ${formatWeight(weight)}`).join(', ')
  return [
    `${app}: the route sends all traffic to ${stable}; before: ${shares}`,
    `It carries epoch ${epoch} now. Writes of ${running.join(', ') || 'any earlier release'} are refused from here on.`,
    'When Slipway is back, what was released ends as aborted, its pods go, and its commit is not tried again until: slipway retry',
  ]
}

/** A release that has ended is a mistake in the name, or in what is believed of it. */
async function appOf(cluster: Cluster, name: string | undefined): Promise<AppRef> {
  const { namespace } = cluster
  if (name === undefined) throw nameIt()
  const release = await cluster.release(name)
  if (!release) return { namespace, name: await knownApp(cluster, name) }
  const app = release.release.app.name
  if (release.outcome === undefined) return { namespace, name: app }
  throw new Exit(exitCodes.error, `cannot abort ${name}: it has ended already: ${release.outcome}`, {
    advice: `To end what runs now, name the App: slipway abort --direct ${app}`,
  })
}

async function refuseUnready(app: AppRef, stable: string, endpoints: Direct['endpoints']): Promise<void> {
  const slices = await permitted(app, endpoints(app, stable))
  const all = slices.flatMap((slice) => slice.endpoints ?? [])
  if (all.some(({ conditions }) => conditions?.ready !== false)) return
  throw new Exit(
    exitCodes.error,
    `cannot move the traffic of ${app.name} to ${stable}: none of its pods is ready`,
    {
      advice: [
        `See why: kubectl get pods -n ${app.namespace} -l slipway.dev/revision=${stable}`,
        'To move it all the same: --force',
      ].join('\n'),
    },
  )
}

const nameIt = (): Exit =>
  new Exit(exitCodes.usage, 'abort --direct needs the name of a release or of an App', {
    advice: 'Such as: slipway abort --direct shop',
  })

const nothingToMove = ({ name, namespace }: AppRef): Exit =>
  new Exit(exitCodes.notFound, `App ${name} has no route in namespace ${namespace}: there is nothing to move`)

/** What the driver refuses, as the command line ends. */
const permitted = <T>({ name, namespace }: AppRef, asked: Promise<T>): Promise<T> =>
  asked.catch((cause: Error & { readonly reason?: string }) => {
    if (cause.reason !== 'Forbidden') throw new Exit(exitCodes.error, cause.message, { cause })
    throw new Exit(exitCodes.denied, cause.message.replace(/ \(grant Slipway.*$/, ''), {
      cause,
      advice: `Who may move the traffic of ${name} by hand has the role slipway-admin in namespace ${namespace}.`,
    })
  })
