// What a route says of itself in its annotations: who wrote it last, and what that write wanted, so that another's change shows.
import { z } from 'zod'
import { type Epoch, formatEpoch, type Intent, parseEpoch } from '../../domain/route.ts'
import type { Metadata } from '../kinds.ts'
import type { RouteWrite } from '../platform.ts'

const epochAnnotation = 'slipway.dev/epoch'
const stableAnnotation = 'slipway.dev/stable'
const weightsAnnotation = 'slipway.dev/weights'
const noteAnnotation = 'slipway.dev/note'

const Written = z.object({
  epoch: z.string(),
  hosts: z.array(z.string()),
  weights: z.record(z.string(), z.number()),
  direct: z.array(z.string()).optional(),
  preview: z.object({ hosts: z.array(z.string()), revision: z.string() }).optional(),
})
type Written = z.infer<typeof Written>

type Annotations = NonNullable<Metadata['annotations']>

/** The annotations of a route that says `write`; those of others stay. */
export function annotated(write: RouteWrite, there: Annotations = {}): Annotations {
  const { [noteAnnotation]: _, ...others } = there
  const { epoch, stable, note } = write
  return {
    ...others,
    [epochAnnotation]: formatEpoch(epoch),
    [stableAnnotation]: stable,
    [weightsAnnotation]: JSON.stringify(written(write)),
    ...(note !== undefined && { [noteAnnotation]: note }),
  }
}

export interface Told {
  readonly epoch: Epoch
  readonly stable: string
  readonly note?: string
  /** Absent when the route was written by a version that did not tell it, or by hand under an epoch of its own. */
  readonly intent?: Intent
}

/** Undefined when it does not carry Slipway's annotations. */
export function told({ annotations = {} }: Metadata): Told | undefined {
  const epoch = parseEpoch(annotations[epochAnnotation])
  const stable = annotations[stableAnnotation]
  if (!epoch || stable === undefined) return undefined
  const note = annotations[noteAnnotation]
  const said = Written.safeParse(readJson(annotations[weightsAnnotation])).data
  // Who changes the epoch by hand decides: what was written before it counts no more.
  const intent = said?.epoch === formatEpoch(epoch) ? intentOf(said) : undefined
  return { epoch, stable, ...(note !== undefined && { note }), ...(intent && { intent }) }
}

function written({ epoch, hosts, weights, direct, preview }: RouteWrite): Written {
  return {
    epoch: formatEpoch(epoch),
    hosts: [...hosts],
    weights: Object.fromEntries(weights.map(({ revision, weight }) => [revision, weight])),
    ...(direct && { direct: [...direct] }),
    ...(preview && { preview: { hosts: [...preview.hosts], revision: preview.revision } }),
  }
}

function intentOf({ hosts, weights, direct, preview }: Written): Intent {
  return {
    hosts,
    weights: Object.entries(weights).map(([revision, weight]) => ({ revision, weight })),
    ...(direct && { direct }),
    ...(preview && { preview }),
  }
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
