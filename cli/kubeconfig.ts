// Which cluster is spoken to: the one that was named, else the local one. Never one that just happens to be configured.
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Exit, exitCodes } from './exit.ts'

export interface ClusterChoice {
  readonly kubeconfig?: string
  readonly context?: string
}

/** Files to merge, first one first, and the context within them; undefined means the files' current one. */
export interface Chosen {
  readonly files: readonly string[]
  readonly context?: string
}

/** `--kubeconfig`, else the local cluster's, else with an explicit `--context` the user's own. */
export function chooseKubeconfig(
  { kubeconfig, context }: ClusterChoice,
  environment: NodeJS.ProcessEnv = process.env,
  readable: (path: string) => boolean = isReadable,
): Chosen {
  if (kubeconfig !== undefined) return named(kubeconfig, context, readable)
  if (context !== undefined) return own(context, environment, readable)
  const local = join(environment.SLIPWAY_STATE ?? '/var/lib/slipway', 'kubeconfig')
  if (readable(local)) return { files: [local] }
  throw new Exit(exitCodes.usage, `no cluster was named, and the local one's ${local} cannot be read`, {
    advice:
      'Start the local cluster as root (npm run up), or name yours: --context NAME, or --kubeconfig FILE.',
  })
}

function named(kubeconfig: string, context: string | undefined, readable: (path: string) => boolean): Chosen {
  if (readable(kubeconfig)) return { files: [kubeconfig], ...(context !== undefined && { context }) }
  throw new Exit(exitCodes.usage, `cannot read the kubeconfig ${kubeconfig}`, {
    advice: 'Check the path and who may read it.',
  })
}

/** The user's own files; of several, those that are missing are passed over, as kubectl does. */
function own(
  context: string,
  { KUBECONFIG, HOME }: NodeJS.ProcessEnv,
  readable: (path: string) => boolean,
): Chosen {
  const named = KUBECONFIG
    ? KUBECONFIG.split(delimiter).filter(Boolean)
    : [join(HOME ?? homedir(), '.kube', 'config')]
  const files = named.filter(readable)
  if (files.length > 0) return { files, context }
  throw new Exit(
    exitCodes.usage,
    `cannot look for the context "${context}": ${named.join(', ')} cannot be read`,
    {
      advice: 'Name the file that has it: --kubeconfig FILE',
    },
  )
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
