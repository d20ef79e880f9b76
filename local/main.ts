// The verbs of the embedded default: up, down, status, demo, test.
import { down } from './down.ts'
import { withLock } from './lock.ts'
import { paths } from './paths.ts'
import { endOfProgram } from './process.ts'
import { createProgress, StageFailure } from './progress.ts'
import { readState } from './state.ts'
import { aligned, places, status } from './status.ts'
import { wheelProgram } from './tools/python.ts'
import { up } from './up.ts'

const [verb = '', ...args] = process.argv.slice(2)

const verbs: Readonly<Record<string, () => Promise<number>>> = {
  up: async () => {
    await bringUp()
    console.log(`\nEverything runs. State and logs are in ${paths.state}; \`npm run down\` stops it.\n`)
    console.log(aligned(places(readState())))
    return 0
  },
  down: async () => {
    await withProgress((progress) => withLock('npm run down', () => down(progress, args.includes('--purge'))))
    return 0
  },
  status: () => status(args.includes('--json')),
  demo: async () => {
    await bringUp()
    const { demo } = await import('./demo.ts')
    return demo()
  },
  test: async () => {
    const { test } = await import('./test.ts')
    return test(paths.root, { isUp: async () => readState().running, tools: testTools })
  },
}

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

async function main(): Promise<void> {
  const work = verbs[verb]
  if (work === undefined) {
    console.error(`unknown verb ${JSON.stringify(verb)}: use one of ${Object.keys(verbs).join(', ')}`)
    process.exitCode = 2
    return
  }
  try {
    process.exitCode = await work()
  } catch (error) {
    if (!(error instanceof StageFailure)) console.error(`✗ ${(error as Error).message}`)
    // The stages beside the failed one end with it: their programs now, their waiting with this process.
    endOfProgram.abort()
    process.exit(1)
  }
}

await main()
