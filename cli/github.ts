// `slipway github`: its verbs and their options, as the command line reads them; and what they work with.
import { type Command, InvalidArgumentError } from 'commander'
import { type GithubInitOptions, githubInit } from './github-init.ts'
import type { AtGithub } from './github-standing.ts'
import { githubStatus } from './github-status.ts'
import { portNumber } from './option-values.ts'
import type { Keeper, Registration } from './registration.ts'
import type { Declaring } from './steering.ts'

/** Slipway's registration with GitHub, with the caller's own rights. */
export interface Github {
  readonly keeper: Keeper
  readonly at: (registration: Registration) => AtGithub
}

export function githubVerbs({ verb, within, invocation, end }: Declaring & Within): void {
  const github = verb('github', 'register Slipway with GitHub, and see how it stands there')
  within(github)('init', 'register it by one click in a browser, and keep its key as a Secret')
    .option('--org <name>', 'the organization that is to own the App (default: you)')
    .option('--name <name>', "the App's name at GitHub, unique there", appName)
    .option('--url <url>', "GitHub's address", 'https://github.com')
    .option('--webhook-url <url>', "where GitHub reaches Slipway's api (default: nowhere)")
    .option('--port <port>', 'of the page on this machine (default: any that is free)', portNumber)
    .option('--replace', 'register anew, though there is a registration', false)
    .action(async (options: GithubInitOptions) => end(await githubInit(invocation(), options)))
  within(github)('status', 'show what it may do there, where it is installed, and what is missing').action(
    async () => end(await githubStatus(invocation())),
  )
}

export interface Within {
  /** Declares verbs of a verb. */
  readonly within: (parent: Command) => Declaring['verb']
}

/** As long as GitHub takes it. */
function appName(text: string): string {
  if (text.trim() !== '' && text.length <= 34) return text
  throw new InvalidArgumentError('write 1 to 34 characters.')
}
