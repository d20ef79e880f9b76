// Which Prometheus is asked: the one that was named, else the local cluster's own. Never one that just happens to answer.
import { Exit, exitCodes } from './exit.ts'
import type { ClusterChoice } from './kubeconfig.ts'

/** Where `npm run up` has it. */
const local = 'http://127.0.0.1:9090'

/** `--prometheus`, else the variable that the worker reads too, else the local one's where the local cluster is meant; undefined: none. */
export function choosePrometheus(
  said: string | undefined,
  { kubeconfig, context }: ClusterChoice,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const named = said ?? (environment.SLIPWAY_PROMETHEUS_URL || undefined)
  if (named !== undefined) return address(named)
  return kubeconfig === undefined && context === undefined ? local : undefined
}

/** An address is told to people and to the metrics alone: it must not carry a password. */
function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return text.replace(/\/+$/, '')
  throw new Exit(
    exitCodes.usage,
    'cannot ask this Prometheus: its address must be http or https, without credentials',
    {
      advice: 'Such as: --prometheus http://prometheus.example.com:9090',
    },
  )
}
