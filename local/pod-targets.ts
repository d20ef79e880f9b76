// Tells Prometheus which pods ask to be read: follows the cluster's pods and keeps a file of targets.
// Debian's Prometheus is built without its own eye for Kubernetes.
import { renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { addresses } from './addresses.ts'
import { trustAs } from './parts/answers.ts'
import { paths } from './paths.ts'
import { sleep } from './process.ts'

type Pod = {
  readonly metadata: {
    readonly uid: string
    readonly name: string
    readonly namespace: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly status?: { readonly phase?: string; readonly podIP?: string }
}
type Target = { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }

/** The annotations that most charts and tools use. */
export function targetOf(pod: Pod): Target | undefined {
  const asked = pod.metadata.annotations ?? {}
  const port = asked['prometheus.io/port']
  if (asked['prometheus.io/scrape'] !== 'true' || port === undefined) return undefined
  if (pod.status?.phase !== 'Running' || pod.status.podIP === undefined) return undefined
  return {
    targets: [`${pod.status.podIP}:${port}`],
    labels: labelsOf(pod, asked['prometheus.io/path'] ?? '/metrics'),
  }
}

function labelsOf({ metadata }: Pod, path: string): Record<string, string> {
  const own = Object.entries(metadata.labels ?? {}).filter(([key]) => key.startsWith('slipway.dev/'))
  return {
    __metrics_path__: path,
    namespace: metadata.namespace,
    pod: metadata.name,
    ...Object.fromEntries(own.map(([key, value]) => [key.replace(/[^a-zA-Z0-9]/g, '_'), value])),
  }
}

/** Follows for ever; whatever breaks, it begins anew with a fresh list. */
export async function followPods(write: (targets: readonly Target[]) => void): Promise<never> {
  for (;;) {
    await follow(write).catch((error: Error) =>
      console.error(`following the pods broke off: ${error.message}`),
    )
    await sleep(1_000)
  }
}

async function follow(write: (targets: readonly Target[]) => void): Promise<void> {
  const pods = new Map<string, Pod>()
  const tell = () => write([...pods.values()].flatMap((pod) => targetOf(pod) ?? []))
  let version = ''
  for await (const line of linesOf('/api/v1/pods')) {
    const list = JSON.parse(line) as { metadata: { resourceVersion: string }; items: Pod[] }
    for (const pod of list.items) pods.set(pod.metadata.uid, pod)
    version = list.metadata.resourceVersion
  }
  tell()
  for await (const line of linesOf(`/api/v1/pods?watch=1&timeoutSeconds=600&resourceVersion=${version}`)) {
    const { type, object } = JSON.parse(line) as { type: string; object: Pod }
    if (type === 'ERROR') return
    if (type === 'DELETED') pods.delete(object.metadata.uid)
    else pods.set(object.metadata.uid, object)
    tell()
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(`${addresses.kubernetes}${path}`, { agent: false, ...trustAs('prometheus') }, resolve)
      .once('error', reject)
      .end()
  })
  if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`)
  let rest = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest.trim() !== '') yield rest
}

/** In one step, so that Prometheus never reads half a file; unchanged content is not written. */
export function targetsWriter(file = paths.podTargets): (targets: readonly Target[]) => void {
  let last = ''
  return (targets) => {
    const content = JSON.stringify(targets, null, 2)
    if (content === last) return
    writeFileSync(`${file}.new`, content)
    renameSync(`${file}.new`, file)
    last = content
  }
}

if (process.argv[1]?.endsWith('pod-targets.js')) await followPods(targetsWriter())
