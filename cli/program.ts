// The command line: its verbs, its options, and how each way of failing ends it.
import { Command, CommanderError } from 'commander'
import type { Cluster } from './cluster.ts'
import type { Direct } from './direct.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { explain } from './explain.ts'
import { type Github, githubVerbs } from './github.ts'
import { history } from './history.ts'
import { init } from './init.ts'
import type { Invocation } from './invocation.ts'
import type { ClusterChoice } from './kubeconfig.ts'
import { logs } from './logs.ts'
import { commitSha, duration, portNumber, positive, requestRate } from './option-values.ts'
import { type PlanOptions, plan } from './plan.ts'
import { releases } from './releases.ts'
import { painter, type Screen } from './screen.ts'
import { simulate } from './simulate.ts'
import { simulateOptions } from './simulation-options.ts'
import { status } from './status.ts'
import { steeringVerbs } from './steering.ts'
import type { Survey } from './survey.ts'
import { version } from './version.ts'
import { watch } from './watch.ts'
import { why } from './why.ts'

export interface Surroundings {
  readonly screen: Screen
  readonly cwd: string
  readonly now: () => number
  readonly connect: (choice: ClusterChoice, namespace: string | undefined) => Promise<Cluster>
  readonly direct: (choice: ClusterChoice) => Promise<Direct>
  readonly survey: (choice: ClusterChoice, prometheus: string | undefined) => Promise<Survey>
  readonly github: (choice: ClusterChoice) => Promise<Github>
  readonly stdin: () => Promise<string>
}

interface GlobalOptions extends ClusterChoice {
  readonly namespace?: string
  readonly timeout?: number
  readonly json?: boolean
  readonly color: boolean
}

/** Runs what the arguments say (without `node` and the script) and returns the exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok
  const program = declare(surroundings, (ended) => {
    code = ended
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    return failed(error, surroundings.screen)
  }
}

function declare(surroundings: Surroundings, end: (code: ExitCode) => void): Command {
  const program = globals(new Command('slipway'), surroundings.screen)
  const within = (parent: Command) => (usage: string, description: string) =>
    parent
      .command(usage)
      .description(description)
      .configureOutput(writers(surroundings.screen))
      .exitOverride()
  const verb = within(program)
  const invocation = () => invoke(program.opts<GlobalOptions>(), surroundings)

  verb('init', 'write the smallest slipway.yaml for this folder')
    .option('--name <name>', "the App's name (default: the git remote's, else the folder's)")
    .option('--port <port>', 'the port the app listens on (default: what the Dockerfile exposes)', portNumber)
    .option('--force', 'write over an existing file', false)
    .action(async (options) => end(await init(invocation(), options)))
  verb(
    'plan [file]',
    'say what a push of this file would do (default: ./slipway.yaml; - reads it from standard input)',
  )
    .option('--app <name>', "of this App (default: the file's)")
    .option(
      '--commit <sha>',
      'as this commit: then it is known what is built, and what is already released',
      commitSha,
    )
    .option(
      '--prometheus <url>',
      'where the present values are asked for (default: SLIPWAY_PROMETHEUS_URL; with the local cluster, its own)',
    )
    .option('--rate <number>', 'requests a second to expect, in place of what is measured', requestRate)
    .addHelpText('after', planHelp)
    .action(async (file, options: PlanOptions) => end(await plan(invocation(), file, options)))
  verb('status [app]', 'show every App, or one in detail').action(async (app) =>
    end(await status(invocation(), app)),
  )
  verb('releases [app]', 'list releases, newest first')
    .option('--limit <count>', 'how many', positive, 20)
    .action(async (app, { limit }) => end(await releases(invocation(), app, limit)))
  verb('watch [release]', "follow a release (or an App's newest) live and end as it ends")
    .option('--commit <sha>', 'wait for the release of this commit', commitSha)
    .option('--until-approval', 'end with code 5 where it waits for an approval', false)
    .action(async (release, options) => end(await watch(invocation(), release, options)))
  verb(
    'explain [release]',
    "say why a release (or an App's newest) went as it went, decision by decision",
  ).action(async (release) => end(await explain(invocation(), release)))
  verb('history [app]', 'say what was released, by whom, how it went and why it ended so')
    .option('--limit <count>', 'how many', positive, 10)
    .action(async (app, { limit }) => end(await history(invocation(), app, limit)))
  verb('why [release]', "tell a release's story: who, what, when, by which numbers").action(async (release) =>
    end(await why(invocation(), release)),
  )
  steeringVerbs({ verb, invocation, end })
  verb('logs [release]', "show the log of a release's build")
    .option('-f, --follow', 'go on while the build runs', false)
    .action(async (release, { follow }) => end(await logs(invocation(), release, follow)))
  githubVerbs({ verb, within, invocation, end })
  simulateOptions(
    verb('simulate', 'say what releases catch, how fast and at what cost, beside other controllers'),
  ).action(async (options) => end(await simulate(invocation(), options)))
  verb('version', 'show the version').action(async () => end(await version(invocation())))
  return program
}

function globals(program: Command, screen: Screen): Command {
  return program
    .description('Releases from git pushes: built, canaried, promoted or taken back.')
    .option('--kubeconfig <file>', 'the cluster to speak to (default: the local one)')
    .option('--context <name>', 'a context of that file, or of your own kubeconfig')
    .option('-n, --namespace <name>', "the App's namespace (default: the context's, else default)")
    .option('--timeout <time>', 'how long to wait: 90s, 5m, 1h', duration)
    .option('--json', 'answer in JSON: one document, or one a line while watching')
    .option('--no-color', 'plain text')
    .configureOutput(writers(screen))
    .exitOverride()
    .addHelpText('after', codesHelp)
}

const codesHelp = `
Exit codes: 0 ok · 1 error · 2 usage · 3 not promoted (failed, rolled back, aborted, superseded)
            4 timed out waiting · 5 waits for approval · 6 not found · 7 denied
            8 a push of the file would be refused (plan)`

const planHelp = `
It reads with your own rights and changes nothing. Ends with 0 when the file would be released (or nothing would happen),
with 8 when it would be refused: the reasons stand at file:line:column, as the commit would get them.`

const writers = (screen: Screen) => ({ writeOut: screen.out, writeErr: screen.err })

function invoke(options: GlobalOptions, surroundings: Surroundings): Invocation {
  const { screen, cwd, now, connect, direct, survey, github, stdin } = surroundings
  const { kubeconfig, context, namespace } = options
  const choice = {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  }
  return {
    cluster: () => connect(choice, namespace),
    direct: () => direct(choice),
    survey: (prometheus) => survey(choice, prometheus),
    github: () => github(choice),
    stdin,
    screen: options.color ? screen : { ...screen, colour: false },
    json: options.json ?? false,
    timeout: options.timeout,
    now,
    cwd,
  }
}

function failed(error: unknown, screen: Screen): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const paint = painter(screen.colour)
  const message = error instanceof Error ? error.message : String(error)
  screen.err(`${paint('red', 'slipway:')} ${message}\n`)
  if (!(error instanceof Exit)) return exitCodes.error
  if (error.advice) screen.err(`${error.advice}\n`)
  return error.code
}
