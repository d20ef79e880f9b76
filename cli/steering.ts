// The verbs with which people steer: their arguments and options, as the command line reads them.
import type { Command } from 'commander'
import { again, steer, steerApp } from './command.ts'
import { abortDirectly } from './direct.ts'
import type { ExitCode } from './exit.ts'
import type { Invocation } from './invocation.ts'

export interface Declaring {
  readonly verb: (usage: string, description: string) => Command
  readonly invocation: () => Invocation
  readonly end: (code: ExitCode) => void
}

export function steeringVerbs(declaring: Declaring): void {
  const { invocation, end } = declaring
  const verb = (usage: string, description: string) =>
    declaring.verb(usage, description).option('--reason <text>', 'why, for those who read its history', '')

  verb('approve [release]', 'open the gate that a release waits at')
    .option('--gate <name>', 'which gate (default: the one that waits)')
    .action(async (name, options) => end(await steer(invocation(), 'approve', name, options)))
  verb('pause [release]', 'keep the weight where it is; the watch goes on').action(async (name, options) =>
    end(await steer(invocation(), 'pause', name, options)),
  )
  verb('resume [release]', 'let a paused release go on').action(async (name, options) =>
    end(await steer(invocation(), 'resume', name, options)),
  )
  verb('promote [release]', 'go to full now, whatever the gates and the judge still wait for').action(
    async (name, options) => end(await steer(invocation(), 'promote', name, options)),
  )
  verb('abort [release]', 'take a running release back to the stable revision')
    .option('--direct', 'move the traffic back yourself, while Slipway is down', false)
    .option('--force', 'with --direct: also when no pod of the stable revision is ready', false)
    .action(async (name, { direct, ...options }) =>
      end(
        await (direct
          ? abortDirectly(invocation(), name, options)
          : steer(invocation(), 'abort', name, options)),
      ),
    )
  verb('rollback [release]', 'return to what was stable before a release, or to what is named')
    .option('--app <name>', 'of this App, in place of a release')
    .option('--to <what>', 'a revision, a release or a commit of the App')
    .action(async (name, options) => end(await again(invocation(), 'rollback', name, options)))
  verb('retry [release]', 'release a commit again that ended badly')
    .option('--app <name>', "the App's newest commit, in place of a release's")
    .action(async (name, options) => end(await again(invocation(), 'retry', name, options)))
  verb('freeze <app>', 'let nothing new begin, and no weight rise').action(async (name, options) =>
    end(await steerApp(invocation(), 'freeze', name, options)),
  )
  verb('unfreeze <app>', 'end the freeze').action(async (name, options) =>
    end(await steerApp(invocation(), 'unfreeze', name, options)),
  )
}
