// The App: what to build, run and route, and how to release it. One schema makes the type, the CRD, the JSON Schema and the reference.
import { z } from 'zod'

/** Which App. */
export interface AppRef {
  readonly namespace: string
  readonly name: string
}

/** `shop` in `default` → `default/shop`. */
export const appKey = (app: AppRef): string => `${app.namespace}/${app.name}`

// Durations and shares are parsed where they are declared: what leaves the schema is milliseconds, seconds and fractions of 1.

/** Thousandths of the route's traffic. */
const Weight = z.int().min(1).max(1000)
/** Milliseconds. */
const Duration = z.int().min(0)

export const AppSpec = z.strictObject({
  build: z.strictObject({
    context: z.string(),
    dockerfile: z.string(),
    args: z.record(z.string(), z.string()),
    target: z.string(),
  }),
  run: z.strictObject({
    port: z.int().min(1).max(65535),
    replicas: z.int().min(1).max(1000),
    env: z.record(z.string(), z.string()),
    resources: z.strictObject({ cpu: z.string(), memory: z.string() }),
    health: z.string(),
  }),
  route: z.strictObject({ hosts: z.array(z.string()) }),
  release: z.strictObject({
    steps: z.array(z.strictObject({ weight: Weight, for: Duration })),
    objectives: z.strictObject({
      success: z.number().min(0).max(1),
      latency: z.strictObject({ below: z.number(), share: z.number() }).optional(),
    }),
    onNoTraffic: z.enum(['hold', 'promote']),
    bake: Duration,
    supersede: z.enum(['latest', 'queue']),
  }),
})
/** The App's spec as the rest of Slipway uses it: parsed, every default filled in. */
export type AppSpec = z.infer<typeof AppSpec>

/** Where an App's commits come from; only the cluster's object says so, a push cannot change it. */
export interface AppSource {
  /** The repository's URL, without credentials. */
  readonly repository: string
  readonly branch: string
}
