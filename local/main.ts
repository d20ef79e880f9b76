// The verbs of the embedded default: up, down, status, demo, test.
import { Command } from 'commander'
import { down } from './down.ts'
import { joinGithub } from './github-here.ts'
import { withLock } from './lock.ts'
import { paths } from './paths.ts'
import { endOfProgram } from './process.ts'
import { createProgress, StageFailure } from './progress.ts'
import { readState } from './state.ts'
import { aligned, places, status } from './status.ts'
import { chromium } from './tools/chromium.ts'
import { wheelProgram } from './tools/python.ts'
import { up } from './up.ts'

const program = new Command('npm run')
  .usage('<verb> -- [options]')
  .description('Everything that Slipway stands on, real, on this machine.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

const verb = (name: string, description: string) => program.command(name).description(description)

verb('up', 'start what does not run, repair what died').action(async () => {
  await bringUp()
  console.log(`\nEverything runs. State and logs are in ${paths.state}; \`npm run down\` stops it.\n`)
  console.log(aligned(places(readState())))
})

verb('demo', 'up, then push the example: first, promoted, taken back')
  .option('--github', 'push to a GitHub on this machine, which shows the checks on a page')
  .action(async ({ github = false }) => {
    if (github) joinGithub(true)
    await bringUp()
    const { demo } = await import('./demo.ts')
    process.exitCode = await demo(github)
  })

verb('status', 'what runs, where it answers, where its log is')
  .option('--json', 'for programs: every state, process id, log, address and token file')
  .action(async ({ json = false }) => {
    process.exitCode = await status(json)
  })

verb('down', 'stop it all and put the machine back; repositories and images stay')
  .option('--purge', 'forget them too')
  .action(({ purge = false }) =>
    withProgress((progress) => withLock('npm run down', () => down(progress, purge))),
  )

verb('test', 'types, lint, and every test, on the real parts').action(async () => {
  const { test } = await import('./test.ts')
  process.exitCode = await test(paths.root, {
    isUp: async () => readState().running,
    tools: testTools,
    browser: async () => ({ SLIPWAY_CHROMIUM: await chromium() }),
  })
})

/** Where tests find the programs that they start by themselves. */
async function testTools(): Promise<Record<string, string>> {
  const [server, testServer] = await Promise.all([
    wheelProgram('temporal'),
    wheelProgram('temporalTestServer'),
  ])
  return { SLIPWAY_TEMPORAL: server, SLIPWAY_TEMPORAL_TEST_SERVER: testServer }
}

function bringUp(): Promise<void> {
  return withProgress((progress) => withLock('npm run up', () => up(progress)))
}

async function withProgress(
  work: (progress: ReturnType<typeof createProgress>) => Promise<void>,
): Promise<void> {
  const progress = createProgress()
  try {
    await work(progress)
  } finally {
    progress.end()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endOfProgram.abort()
    console.error('\nStopped. What is done is kept: the same command goes on from here.')
    process.exit(130)
  })
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof StageFailure)) console.error(`✗ ${(error as Error).message}`)
  // The stages beside the failed one end with it: their programs now, their waiting with this process.
  endOfProgram.abort()
  process.exit(1)
}
