// The options of `slipway simulate`, and what may stand in them.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration, parseShare } from '../domain/notation.ts'
import { type IncidentName, incidentNames } from '../domain/simulation/incidents.ts'
import { type PolicyName, policyNames } from '../domain/simulation/policies.ts'
import { type TruthName, truthNames } from '../domain/simulation/truths.ts'

export interface SimulateOptions {
  /** A slipway.yaml. */
  readonly app?: string
  readonly rate?: readonly number[]
  readonly base: number
  /** Milliseconds between two readings of the gateway. */
  readonly scrape: number
  readonly runs?: number
  readonly seed: number
  readonly truth: readonly TruthName[]
  readonly policy: readonly PolicyName[]
  readonly incident?: IncidentName
}

export function simulateOptions(command: Command): Command {
  const comparison = ['truth', 'policy', 'incident']
  const option = (flags: string, description: string) => new Option(flags, description)
  return command
    .addOption(option('--app <file>', 'ask about one App: a slipway.yaml').conflicts(comparison))
    .option('--rate <numbers>', 'requests a second, one or more: 40 or 1,10,100', rates)
    .addOption(option('--base <share>', "stable's error rate").argParser(base).default(0.001, '0.1%'))
    .addOption(option('--scrape <time>', 'between two readings').argParser(scrape).default(5000, '5s'))
    .option('--runs <count>', 'releases of each kind', runs)
    .addOption(option('--seed <number>', 'of the random numbers').argParser(seed).default(1))
    .addOption(
      option('--truth <names>', `what the canary is: ${truthNames.join(', ')}`)
        .argParser(oneOrMore(truthNames))
        .default(truthNames, 'all'),
    )
    .addOption(
      option('--policy <names>', `who releases it: ${policyNames.join(', ')}`)
        .argParser(oneOrMore(policyNames))
        .default(policyNames, 'all'),
    )
    .addOption(
      option('--incident <name>', 'what happens to both sides meanwhile').choices([...incidentNames]),
    )
}

const most = { rate: 100_000, runs: 1_000_000 }

function rates(text: string): number[] {
  const read = text.split(',').map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN))
  if (read.every((rate) => rate > 0 && rate <= most.rate)) return read
  throw new InvalidArgumentError(`write requests a second, above 0 and at most ${most.rate}: 40 or 1,10,100.`)
}

function base(text: string): number {
  const share = parseShare(text)
  if (share !== undefined && share <= 0.2) return share
  throw new InvalidArgumentError('write a share of at most 20%, such as 0.1%.')
}

function scrape(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds !== undefined && milliseconds >= 1000 && milliseconds <= 60_000) return milliseconds
  throw new InvalidArgumentError('write a time from 1s to 60s.')
}

function runs(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= most.runs) return Number(text)
  throw new InvalidArgumentError(`write a whole number from 1 to ${most.runs}.`)
}

function seed(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('write a whole number of at most 15 digits.')
}

const oneOrMore =
  <Name extends string>(known: readonly Name[]) =>
  (text: string): Name[] =>
    text.split(',').map((part) => {
      const name = known.find((one) => one === part)
      if (name !== undefined) return name
      throw new InvalidArgumentError(`"${part}" is not one of ${known.join(', ')}.`)
    })
