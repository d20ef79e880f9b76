// Whether another has changed a route since it was written, and who: by the API server's own record of who owns which field.
import type { Drift, Intent } from '../../domain/route.ts'
import { sameWeights } from '../../domain/route.ts'
import type { HttpRoute, Metadata } from '../kinds.ts'

/** `is` is what the route says now, `written` what it was written to say. */
export function driftOf({ metadata }: HttpRoute, is: Intent, written: Intent): Drift | undefined {
  const changed = [
    ...(sameWeights(is.weights, written.weights) ? [] : (['weights'] as const)),
    ...(sameHosts(is.hosts, written.hosts) ? [] : (['hosts'] as const)),
  ]
  if (changed.length === 0) return undefined
  const what = `the ${changed.join(' and ')} of HTTPRoute ${metadata.name}`
  const owned = changed.map((part) => ({ weights: 'f:rules', hosts: 'f:hostnames' })[part])
  return { what, manager: changedBy(metadata, owned) ?? 'somebody', written }
}

/** The newest field manager but ourselves that owns one of these fields of the spec; of any field when none is named. */
export function changedBy({ managedFields = [] }: Metadata, fields?: readonly string[]): string | undefined {
  const owns = ({ fieldsV1 }: (typeof managedFields)[number]) => {
    const spec = fieldsV1?.['f:spec']
    return spec !== undefined && (!fields || fields.some((field) => field in spec))
  }
  return managedFields
    .filter((one) => one.manager !== 'slipway' && owns(one))
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0]?.manager
}

const sameHosts = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())
