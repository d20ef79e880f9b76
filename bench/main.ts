// `npm run bench -- <name>`: runs a measurement on the running system and prints its report as JSON.
import { Command } from 'commander'
import { judge } from './judge.ts'
import { road } from './road.ts'
import { simulation } from './simulation.ts'
import { webhooks } from './webhooks.ts'

const program = new Command('npm run bench --')
  .description('Measurements on the running system, as JSON on standard output.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

const stopped = new AbortController()
const begun = Date.now()
const say = (line: string) => {
  const seconds = ((Date.now() - begun) / 1000).toFixed(1).padStart(6)
  process.stderr.write(`${seconds} s  ${line}\n`)
}
const words = (text: string): string[] => text.split(',').filter(Boolean)
const numbers = (text: string): number[] => words(text).map(positive)

program
  .command('road')
  .description('what three releases and a minute of idleness cost')
  .action(async () => print(await road(say)))

program
  .command('judge')
  .description('every kind of canary at once, beside what the simulation expects')
  .option('--only <names>', 'these scenarios, separated by commas', words, [])
  .option('--rate <numbers>', 'requests a second', numbers, [100, 5])
  .option('--interval <seconds>', 'between two readings of the gateway', positive, 1)
  .option('--at-once <number>', 'how many Apps with much traffic run side by side', positive, 3)
  .option('--out <file>', 'write the report to FILE.json and FILE.md too')
  .action(async ({ only, rate, interval, atOnce, out }) => {
    const report = await judge({ only, rates: rate, interval, atOnce, out, say, signal: stopped.signal })
    print(report)
    if (report.missed.length > 0) process.exitCode = stopped.signal.aborted ? 130 : 1
  })

program
  .command('webhooks')
  .description('deliveries at the rates of a busy day, of a storm and of a forger')
  .option('--minutes <number>', 'how long the busy day is', positive, 5)
  .action(async ({ minutes }) => {
    const report = await webhooks({ minutes, say, signal: stopped.signal })
    print(report)
    if (report.missed.length > 0) process.exitCode = stopped.signal.aborted ? 130 : 1
  })

program
  .command('simulation')
  .description('how many releases a second are simulated; needs no cluster')
  .action(() => print(simulation(say)))

const print = (report: unknown): void => void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)

function positive(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error(`${JSON.stringify(text)} is no number above 0`)
}

// The first signal ends the measurement, which then puts everything back; the second ends this program at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping: what was made is removed')
    stopped.abort()
  })
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`✗ ${(error as Error).message}\n`)
  process.exitCode = 1
}
