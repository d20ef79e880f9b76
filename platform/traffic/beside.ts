// The routes beside an App's own, by which one revision is reached alone: by the header that names it, and by a preview host.
// They are objects of their own, so that their requests are counted apart: neither for nor against a canary.
import type { AppRef } from '../../domain/app.ts'
import { formatEpoch, type RouteState, type Weight } from '../../domain/route.ts'
import type { HttpRoute, RouteRule } from '../kinds.ts'
import { changedBy } from './drift.ts'
import { backend, everyPath, ourRule, routeLabels, routeState } from './route.ts'

const header = 'x-slipway-revision'

/** No App can be named so: an App's name has no dots. */
export const namesBeside = ({ name }: AppRef): readonly string[] => [
  `${name}.direct.slipway.dev`,
  `${name}.preview.slipway.dev`,
]

/** Whether something stands beside it, or shall. */
export function hasBeside(main: HttpRoute): boolean {
  const state = routeState(main)
  return state !== undefined && (state.direct !== undefined || state.preview !== undefined)
}

/** The routes that stand beside the App's own when that one says `state`. */
export function routesBeside(main: HttpRoute, state: RouteState): readonly HttpRoute[] {
  const { direct = [], preview, hosts, weights } = state.drift?.written ?? state
  const rule = ourRule(main) ?? {}
  const [directName = '', previewName = ''] = namesBeside(main.metadata)
  const rules = [...new Set(direct)].map((revision) =>
    byHeader(rule, revision, aliases(revision, state.stable, weights)),
  )
  return [
    ...(rules.length > 0 ? [route(main, state, directName, hosts, rules)] : []),
    ...(preview ? [route(main, state, previewName, preview.hosts, [alone(rule, preview.revision)])] : []),
  ]
}

/** Whether a route says what it should. The API server fills in defaults: what was not asked for is not compared. */
export const saysSo = (there: HttpRoute, wanted: HttpRoute): boolean =>
  JSON.stringify(there.spec.hostnames ?? []) === JSON.stringify(wanted.spec.hostnames ?? []) &&
  holds(there.spec, wanted.spec)

/** Who made it say something else; undefined when nobody but we wrote it. */
export const whoChanged = ({ metadata }: HttpRoute): string | undefined => changedBy(metadata)

function route(
  { metadata: { namespace, name: app }, spec: { parentRefs = [] } }: HttpRoute,
  { epoch }: RouteState,
  name: string,
  hosts: readonly string[],
  rules: readonly RouteRule[],
): HttpRoute {
  return {
    metadata: {
      namespace,
      name,
      labels: routeLabels({ namespace, name: app }),
      annotations: { 'slipway.dev/epoch': formatEpoch(epoch) },
    },
    spec: { ...(hosts.length > 0 ? { hostnames: hosts } : {}), parentRefs, rules },
  }
}

/** The App's own rule with one revision behind it: the same paths, filters and timeouts. */
function alone({ name: _, ...rule }: RouteRule, revision: string): RouteRule {
  return { ...rule, backendRefs: [backend(revision, 1, rule.backendRefs ?? [])] }
}

function byHeader(rule: RouteRule, revision: string, others: readonly string[]): RouteRule {
  const matches = (rule.matches ?? [everyPath]) as readonly { headers?: readonly unknown[] }[]
  const named = [revision, ...others].map((value) => ({ type: 'Exact', name: header, value }))
  return {
    ...alone(rule, revision),
    matches: named.flatMap((one) =>
      matches.map((match) => ({ ...match, headers: [...(match.headers ?? []), one] })),
    ),
  }
}

/** The other names of a revision: `stable`, and `canary` where one other revision is on the route. */
export function aliases(revision: string, stable: string, weights: readonly Weight[]): readonly string[] {
  if (revision === stable) return ['stable']
  const others = weights.filter((one) => one.revision !== stable)
  return others.length === 1 && others[0]?.revision === revision ? ['canary'] : []
}

function holds(there: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return there === wanted
  if (typeof there !== 'object' || there === null) return false
  if (Array.isArray(wanted) && (!Array.isArray(there) || there.length !== wanted.length)) return false
  return Object.entries(wanted).every(([key, value]) =>
    holds((there as Readonly<Record<string, unknown>>)[key], value),
  )
}
