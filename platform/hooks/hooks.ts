// Lets other programs decide at a gate: by a signed request, or by a command run as a Job.
import type { Kubernetes } from '../kubernetes.ts'
import type { Hooks } from '../platform.ts'
import { commandHook } from './command.ts'
import { type HttpOptions, httpHook } from './http.ts'

export interface HooksOptions extends HttpOptions {
  readonly kube: Kubernetes
}

export function hooks({ kube, ...options }: HooksOptions): Hooks {
  const [request, run] = [httpHook(options), commandHook(kube)]
  return {
    ask: (question, follow) => {
      const { hook } = question.gate
      return 'url' in hook ? request(hook.url, question, follow.signal) : run(hook.command, question, follow)
    },
  }
}
