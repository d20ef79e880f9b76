// The objects that a release would make, change, keep and remove, from the very functions that make them. Pure.
import { firstPods, type Scale } from '../domain/capacity.ts'
import type { Canary, Outlook, Seen } from '../domain/outlook.ts'
import type { Revision } from '../domain/revision.ts'
import type { Weight } from '../domain/route.ts'
import { revisionObjects } from './deploy/objects.ts'
import { type HttpRoute, kinds } from './kinds.ts'
import type { RouteWrite } from './platform.ts'
import { routesBeside } from './traffic/beside.ts'
import { httpRoute, routeState } from './traffic/route.ts'

export interface Foreseen {
  /** `unsure`: created or kept, which cannot be seen. */
  readonly does: 'create' | 'change' | 'keep' | 'stop' | 'remove' | 'unsure'
  readonly kind: string
  readonly name: string
  /** For people. */
  readonly what: string
}

/** What the file says of the way there. */
export interface Way {
  readonly scale: Scale
  readonly hosts: readonly string[]
  readonly preview?: readonly string[]
}

/** In the order in which a release would touch them. */
export const foresee = (outlook: Outlook, seen: Seen, way: Way): readonly Foreseen[] => [
  ...copies(outlook, seen),
  ...pods(outlook, seen, way),
  ...routes(outlook, seen, way),
  ...leaving(outlook, seen),
]

function copies({ config, canary }: Outlook, { revisions }: Seen): Foreseen[] {
  const there = new Set(
    revisions.flatMap((one) => (one.config ?? []).map(({ kind, copy }) => `${kind}/${copy}`)),
  )
  return config.map(({ kind, name, copy, keys, unseen }) => {
    const holds = keys ? `its keys: ${keys.join(', ') || 'none'}` : unseen
    return {
      does: copy === undefined ? 'unsure' : there.has(`${kind}/${copy}`) ? 'keep' : 'create',
      kind,
      name: copy ?? `${name}-????????`,
      what: `copy of ${name} for ${canary.name}; ${holds}`,
    }
  })
}

type Kind = keyof ReturnType<typeof revisionObjects>

const kindOf: Readonly<Record<Kind, string>> = {
  service: kinds.Service.kind,
  deployment: kinds.Deployment.kind,
  autoscaler: kinds.HorizontalPodAutoscaler.kind,
}

function pods({ canary }: Outlook, { revisions }: Seen, { scale }: Way): Foreseen[] {
  const does = revisions.some(({ name }) => name === canary.name) ? 'keep' : 'create'
  const { service, deployment, autoscaler } = revisionObjects(withImage(canary), firstPods(scale))
  const { cpu, memory } = canary.run.resources
  const many = deployment.spec.replicas ?? 1
  const each = `${many} pod${many === 1 ? '' : 's'}${scale === 'follow' ? ' at first' : ''}, each promised ${cpu} of a processor and ${memory}`
  const [port] = service.spec.ports as readonly { port: number; targetPort: number }[]
  return [
    { does, kind: kindOf.service, name: canary.name, what: `port ${port?.port} → ${port?.targetPort}` },
    { does, kind: kindOf.deployment, name: canary.name, what: each },
    ...(autoscaler
      ? [
          {
            does,
            kind: kindOf.autoscaler,
            name: canary.name,
            what: `${autoscaler.spec.minReplicas} to ${autoscaler.spec.maxReplicas} pods`,
          } as const,
        ]
      : []),
  ]
}

/** Where its objects are asked for, and not what image they have. */
const withImage = ({ sha = '', image = { repository: '', digest: '' }, ...canary }: Canary): Revision => ({
  ...canary,
  sha,
  image,
})

/** The App's own route, and those beside it while the canary is one of two. */
function routes(
  { app, canary, stable, unjudged }: Outlook,
  { route }: Seen,
  { hosts, preview }: Way,
): Foreseen[] {
  const before = route?.drift?.written ?? route
  const write = (weights: readonly Weight[], more: Partial<RouteWrite> = {}): HttpRoute =>
    httpRoute(
      { app, hosts, weights, epoch: { seq: 0, n: 0 }, stable: stable?.revision ?? canary.name, ...more },
      undefined,
    )
  const all = [{ revision: canary.name, weight: 1000 }]
  const promoted = write(all)
  const main: Foreseen = {
    // What is stable is so by its route, also where that may not be seen.
    does: before || stable ? 'change' : 'create',
    kind: kinds.HTTPRoute.kind,
    name: promoted.metadata.name,
    what: [weightsFrom(before?.weights, all), hostsFrom(before?.hosts, promoted.spec.hostnames ?? [])].join(
      '; ',
    ),
  }
  if (!stable || unjudged) return [main]
  const shared = write(
    [
      { revision: stable.revision, weight: 1000 },
      { revision: canary.name, weight: 0 },
    ],
    {
      hosts: before?.hosts ?? hosts,
      direct: [stable.revision, canary.name],
      ...(preview && { preview: { hosts: preview, revision: canary.name } }),
    },
  )
  const state = routeState(shared)
  return [main, ...(state ? routesBeside(shared, state).map(beside) : [])]
}

const beside = ({ metadata: { name }, spec: { hostnames = [] } }: HttpRoute): Foreseen => ({
  does: 'create',
  kind: kinds.HTTPRoute.kind,
  name,
  what: `at ${hostsInWords(hostnames)}, until it is promoted: ${name.endsWith('.preview.slipway.dev') ? 'shows the new revision alone' : 'gives whoever asks for a revision in x-slipway-revision that one'}`,
})

const weightsFrom = (before: readonly Weight[] | undefined, after: readonly Weight[]): string =>
  before ? `${weightsInWords(before)} → ${weightsInWords(after)}` : weightsInWords(after)

const weightsInWords = (weights: readonly Weight[]): string =>
  weights.map(({ revision, weight }) => `${revision} ${weight / 10}%`).join(', ') || 'nothing'

const hostsFrom = (before: readonly string[] | undefined, after: readonly string[]): string =>
  before === undefined || before.join() === after.join()
    ? `at ${hostsInWords(after)}`
    : `at ${hostsInWords(before)} → ${hostsInWords(after)} with promotion`

const hostsInWords = (hosts: readonly string[]): string => hosts.join(', ') || 'every host of the gateway'

function leaving({ afterwards, stable }: Outlook, { revisions }: Seen): Foreseen[] {
  const named = (names: readonly string[]) => revisions.filter(({ name }) => names.includes(name))
  const stopped = named(afterwards.kept).filter(({ name }) => name === stable?.revision)
  return [
    ...stopped.flatMap(({ name, run }): Foreseen[] => [
      {
        does: 'stop',
        kind: kindOf.deployment,
        name,
        what: 'once it is promoted: no pods, kept for slipway rollback --to',
      },
      // Nothing shall start its pods again.
      ...(run.autoscale
        ? [{ does: 'remove', kind: kindOf.autoscaler, name, what: 'with its pods' } as const]
        : []),
    ]),
    ...named(afterwards.removed).flatMap((revision) =>
      (Object.keys(revisionObjects(revision)) as Kind[]).map((kind) => ({
        does: 'remove' as const,
        kind: kindOf[kind],
        name: revision.name,
        what: 'once it is promoted',
      })),
    ),
  ]
}
