// `npm test`: everything, fastest first; the real parts are started for what needs them and stopped if they were not running before.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Tally {
  passed: number
  failed: number
  /** What failed, and with which words: told again at the end, where it is looked for. */
  readonly failures: string[]
}

/** What starts, stops and finds the local parts; `main.ts` hands it in. */
export interface Lab {
  readonly isUp: () => Promise<boolean>
  /** Environment that lets tests find the tools they start themselves. */
  readonly tools: () => Promise<Record<string, string>>
  /** The same for tests that look at pages. */
  readonly browser: () => Promise<Record<string, string>>
}

/** Runs every stage; resolves with the process's exit code. */
export async function test(root: string, lab: Lab): Promise<number> {
  const started = Date.now()
  const tally: Tally = { passed: 0, failed: 0, failures: [] }
  const wasUp = await lab.isUp()
  const run = (name: string, command: readonly string[], environment: Record<string, string> = {}) =>
    stage(name, command, { root, environment, tally })

  await run('types', ['node_modules/.bin/tsc', '--noEmit'])
  await run('types of the page', ['node_modules/.bin/tsc', '-p', 'dashboard'])
  await run('lint', ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'])
  await suite('unit', run, tally)
  await suite('long', run, tally)
  const tools = await lab.tools()
  await suite('workflows', run, tally, tools)
  await suite('replays', run, tally, tools)
  await browserSuite(run, tally, lab)
  if (await run('up', [process.execPath, 'dist/local/main.js', 'up'])) {
    await suite('contract', run, tally, tools)
    await suite('stories', run, tally, tools)
    await suite('e2e', run, tally, tools)
    await suite('machine', run, tally, tools)
  }
  if (!wasUp) await run('down', [process.execPath, 'dist/local/main.js', 'down'])

  for (const failure of tally.failures) console.log(`\n✗ ${failure}`)
  console.log(`\nall stages in ${seconds(started)} s`)
  console.log(`${tally.passed} passed, ${tally.failed} failed`)
  return tally.failed === 0 ? 0 : 1
}

/** A machine on which no browser can be had fails that stage, and is tested in all else. */
async function browserSuite(run: Run, tally: Tally, lab: Lab): Promise<void> {
  const environment = await lab.browser().catch((error: Error) => {
    console.log(`\n── browser: failed: ${error.message}`)
    tally.failed += 1
    tally.failures.push(`browser: ${error.message}`)
  })
  if (environment) await suite('browser', run, tally, environment)
}

type Run = (
  name: string,
  command: readonly string[],
  environment?: Record<string, string>,
) => Promise<boolean>

/** One vitest project; its single tests are what is counted. */
async function suite(project: string, run: Run, tally: Tally, environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  try {
    await run(project, ['node_modules/.bin/vitest', 'run', '--project', project, ...reporters], environment)
    const counted = await readFile(report, 'utf8').then(JSON.parse, () => undefined)
    tally.passed += counted?.numPassedTests ?? 0
    // A suite that could not even load has no failed test of its own, but its stage has failed and is counted there.
    tally.failed += counted?.numFailedTests ?? 0
    tally.failures.push(...failuresOf(counted).map((failure) => `${project}: ${failure}`))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Of vitest's JSON report: each failed test, and each file that could not be loaded, with the beginning of its message. */
export function failuresOf(report: VitestReport | undefined): readonly string[] {
  return (report?.testResults ?? []).flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    if (failed.length === 0 && message) return [`${name}\n${beginningOf(message)}`]
    return failed.map((test) => `${name} > ${test.fullName}\n${beginningOf(test.failureMessages.join('\n'))}`)
  })
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const beginningOf = (message: string): string =>
  message
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n')

async function stage(
  name: string,
  [command = '', ...rest]: readonly string[],
  { root, environment, tally }: { root: string; environment: Record<string, string>; tally: Tally },
): Promise<boolean> {
  const started = Date.now()
  console.log(`\n── ${name}`)
  const code = await new Promise<number>((resolve) => {
    const child = spawn(command, rest, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    })
    // Whoever ends this program ends the stage with it.
    const end = () => child.kill()
    process.once('exit', end)
    child.on('error', () => resolve(127))
    child.on('exit', (status) => {
      process.off('exit', end)
      resolve(status ?? 1)
    })
  })
  console.log(`── ${name}: ${code === 0 ? 'passed' : `failed (exit code ${code})`} in ${seconds(started)} s`)
  tally[code === 0 ? 'passed' : 'failed'] += 1
  if (code !== 0) tally.failures.push(`${name}: exit code ${code}`)
  return code === 0
}

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1)
