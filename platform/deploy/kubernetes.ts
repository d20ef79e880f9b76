// Runs revisions as Deployments with a Service each, their configuration and their autoscalers.
import type { Kubernetes } from '../kubernetes.ts'
import type { Deploy } from '../platform.ts'
import { copiesOf } from './config.ts'
import { create } from './create.ts'
import { describe } from './describe.ts'
import { holdOnDelete, listed, running } from './listed.ts'
import { readiness } from './readiness.ts'
import { remove } from './remove.ts'
import { repairRevisions } from './repair.ts'
import { keep, scale } from './scale.ts'

export interface DeployOptions {
  readonly kube: Kubernetes
  readonly now?: () => number
  /** Milliseconds in which a removed revision's pods must be gone; longer than they are given to end. */
  readonly removeWithin?: number
}

export function kubernetesDeploy({ kube, now = Date.now, removeWithin = 90_000 }: DeployOptions): Deploy {
  return {
    describe: (app) => describe(kube, app),
    apps: () => listed(kube),
    running: (apps) => running(kube, apps),
    repair: (apps) => repairRevisions(kube, apps),
    holdOnDelete: (app, hold) => holdOnDelete(kube, app, hold),
    create: (revision, pods) => create(kube, revision, pods),
    scale: (revision, pods) => scale(kube, revision, pods),
    keep: (revision) => keep(kube, revision, now()),
    readiness: (revision) => readiness(kube, revision, now()),
    remove: (app, revision, copies) => remove(kube, app, { revision, copies }, removeWithin),
    config: (app, run, make) => copiesOf(kube, app, run, make),
  }
}
