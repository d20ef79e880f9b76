// Apps whose branches do not exist: each delivery makes one of them look, and no look finds anything to release.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addresses } from '../../local/addresses.ts'
import { openClone, removeClone } from '../../local/clone.ts'
import { again, apply, kubectlOf } from '../../local/cluster/kubectl.ts'
import { histories } from '../../local/history.ts'
import { paths } from '../../local/paths.ts'
import type { State } from '../../local/state.ts'

const name = 'webhooks'
/** Of its own: thousands of Releases, and what is said of them, go with it. */
const namespace = 'bench-webhooks'
const folder = join(paths.state, 'bench', name)

export interface Targets {
  /** As deliveries call it. */
  readonly repository: string
  /** One for each App. */
  readonly branches: readonly string[]
  readonly remove: () => Promise<void>
}

/** Many, as their deliveries are: no repository is pushed to fifty times a second. */
export async function openTargets(state: State, many: number): Promise<Targets> {
  const repository = `${addresses.git}/${name}.git`
  const branches = Array.from({ length: many }, (_, index) => `bench-${index}`)
  const kubectl = kubectlOf(state.kubectl)
  await remove(state, branches)
  await apply(kubectl, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }])
  await kubectl(['apply', '-n', namespace, '-f', join(paths.root, 'manifests/install/app-namespace.yaml')])
  // The Apps first: a repository that no App knows would be given one by its first push.
  await apply(
    kubectl,
    branches.map((branch) => ({
      apiVersion: 'slipway.dev/v1beta1',
      kind: 'App',
      metadata: { namespace, name: appOf(branch) },
      spec: { source: { repository, branch } },
    })),
  )
  const remote = `${state.git.url}/${name}.git`
  const clone = await openClone({ folder, remote, tokenFile: state.git.pushTokenFile })
  await writeFile(join(folder, 'README.md'), 'Nothing here is released.\n')
  await clone.commit('Begin')
  await clone.push(() => {})
  return { repository, branches, remove: () => remove(state, branches) }
}

/** Also what a measurement that was killed has left. */
async function remove(state: State, branches: readonly string[]): Promise<void> {
  await rm(join(paths.git, `${name}.git`), { recursive: true, force: true })
  await removeClone(folder)
  const kubectl = kubectlOf(state.kubectl)
  const apps = branches.map(appOf)
  const here = ['-n', namespace, '--ignore-not-found', '--wait=false']
  await kubectl(['delete', 'apps.slipway.dev', ...apps, ...here])
  const temporal = await histories(addresses.temporal)
  try {
    for (const app of apps) await temporal.end({ namespace, name: app })
  } finally {
    await temporal.close()
  }
  // It waits until all is gone, for less than a command may take here.
  await again(() => kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=50s']), 4)
}

const appOf = (branch: string): string => `${name}-${branch}`
