// Apps whose branches do not exist: each delivery makes one of them look, and no look finds anything to release.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addresses } from '../../local/addresses.ts'
import { openClone, removeClone } from '../../local/clone.ts'
import { apply, type Kubectl, kubectlOf } from '../../local/cluster/kubectl.ts'
import { histories } from '../../local/history.ts'
import { paths } from '../../local/paths.ts'
import { sleep } from '../../local/process.ts'
import type { State } from '../../local/state.ts'

const name = 'webhooks'
const namespace = 'default'
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
  await remove(state, branches)
  // The Apps first: a repository that no App knows would be given one by its first push.
  await apply(
    kubectlOf(state.kubectl),
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
  const apps = branches.map(appOf)
  const gone = ['--ignore-not-found', '--wait=false']
  await kubectlOf(state.kubectl)(['delete', 'apps.slipway.dev', '-n', namespace, ...apps, ...gone])
  const temporal = await histories(addresses.temporal)
  try {
    for (const app of apps) await temporal.end({ namespace, name: app })
  } finally {
    await temporal.close()
  }
  await removeReleases(kubectlOf(state.kubectl), apps)
}

/**
 * Each push that was sent has its outcome, and nobody tidies after an App that is gone. A hundred outcomes that were being written
 * when its workflow ended are written all the same: it is over when nothing has come for a while.
 */
async function removeReleases(kubectl: Kubectl, apps: readonly string[]): Promise<void> {
  const ofThese = ['releases.slipway.dev', '-n', namespace, '-l', `slipway.dev/app in (${apps.join(',')})`]
  let quiet = 0
  for (let round = 0; quiet < 5 && round < 100; round += 1) {
    const removed = await kubectl(['delete', ...ofThese, '--ignore-not-found', '--wait=false', '-o', 'name'])
    quiet = removed.includes('/') ? 0 : quiet + 1
    await sleep(2_000)
  }
}

const appOf = (branch: string): string => `${name}-${branch}`
