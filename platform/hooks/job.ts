// A hook's command as a Job: the release's own image, with what its pods are given. Pure: no client in sight.
import { createHash } from 'node:crypto'
import { releaseName } from '../../domain/release.ts'
import { revisionObjects } from '../deploy/objects.ts'
import type { Job } from '../kinds.ts'
import type { Named } from '../kubernetes.ts'
import type { HookQuestion } from '../platform.ts'

/** The container of a hook's pod. */
export const hookContainer = 'hook'

/** Seconds that a finished Job stays, so that its log can be read and a worker that comes late finds its answer. */
const keepFor = 24 * 3600
/** Seconds beyond the gate's time in which whoever follows the Job ends it; this ends one that nobody follows. */
const unfollowed = 60

/** The same question has the same Job, so that whoever comes second finds the first. */
export function hookJob(question: HookQuestion, command: readonly string[]): Named<Job> {
  const { release, gate } = question
  const labels = {
    'app.kubernetes.io/managed-by': 'slipway',
    'slipway.dev/app': release.app.name,
    'slipway.dev/release': releaseName(release),
    'slipway.dev/commit': release.sha,
    'slipway.dev/hook': gate.name,
  }
  return {
    metadata: { name: jobName(question), namespace: release.app.namespace, labels },
    spec: {
      // Trying again is decided outside, where it is known why the last try brought no answer.
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(gate.timeout / 1000) + unfollowed,
      ttlSecondsAfterFinished: keepFor,
      // Not the revision's label: its Service would send requests here.
      template: { metadata: { labels }, spec: podSpec(question, command) },
    },
  }
}

/** `shop-7-before-50`, as long as that is short enough. */
function jobName({ release, gate }: HookQuestion): string {
  const name = `${releaseName(release)}-${gate.name}`.replace(/[^a-z0-9-]/g, '-')
  if (name.length <= 63) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, 54)}-${hash}`
}

/** As the revision's own pods, without what is only for those that serve. */
function podSpec(question: HookQuestion, command: readonly string[]) {
  const { containers, terminationGracePeriodSeconds: _, ...pod } = podOf(question)
  const { ports, readinessProbe, livenessProbe, startupProbe, lifecycle, ...container } = containers[0] ?? {}
  const told = environment(question)
  const own = ((container.env as readonly Variable[] | undefined) ?? []).filter(({ name }) => !(name in told))
  return {
    ...pod,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        ...container,
        name: hookContainer,
        // Kubernetes replaces `$(NAME)` in a command; its words are meant as they are written.
        command: command.map((word) => word.replaceAll('$', '$$$$')),
        env: [...own, ...Object.entries(told).map(([name, value]) => ({ name, value }))],
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  }
}

interface Variable {
  readonly name: string
}

interface PodSpec {
  readonly containers: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

function podOf({ revision }: HookQuestion): PodSpec {
  const { template } = revisionObjects(revision).deployment.spec as { template?: { spec: PodSpec } }
  if (!template) throw new Error(`revision ${revision.name} has no pods to be like`)
  return template.spec
}

/** What the command is told. The canary answers by the revision's name, also while it has no traffic. */
const environment = ({
  release,
  gate,
  revision,
  stable,
  weight,
}: HookQuestion): Readonly<Record<string, string>> => ({
  SLIPWAY_NAMESPACE: release.app.namespace,
  SLIPWAY_APP: release.app.name,
  SLIPWAY_RELEASE: releaseName(release),
  SLIPWAY_COMMIT: release.sha,
  SLIPWAY_GATE: gate.name,
  SLIPWAY_WEIGHT: String(weight),
  SLIPWAY_REVISION: revision.name,
  SLIPWAY_STABLE: stable ?? '',
})
