// Speaks to the cluster as its administrator, to set it up: everything is described first and applied as it is.
import { paths } from '../paths.ts'
import { run, sleep } from '../process.ts'

export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: object
}
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>

export const kubectlOf =
  (program: string): Kubectl =>
  async (args, input) => {
    const command = [program, `--kubeconfig=${paths.kubeconfig}`, ...args]
    return (await run(command, { timeout: 60_000, ...(input === undefined ? {} : { input }) })).stdout
  }

/** Server-side, so that twice is the same as once and other owners' fields stay theirs. */
export function apply(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<string> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects }
  return kubectl([...applyArguments, '-f', '-'], JSON.stringify(list))
}

export function applyFiles(kubectl: Kubectl, files: readonly string[]): Promise<string> {
  return kubectl([...applyArguments, ...files.flatMap((file) => ['-f', file])])
}

const applyArguments = ['apply', '--server-side', '--force-conflicts', '--field-manager=slipway-up']

/** Tries again while the cluster comes to know a kind or a namespace that was created a moment ago. */
export async function again<Result>(work: () => Promise<Result>, times = 10): Promise<Result> {
  for (let round = 1; ; round++) {
    try {
      return await work()
    } catch (error) {
      if (round >= times) throw error
      await sleep(500)
    }
  }
}
