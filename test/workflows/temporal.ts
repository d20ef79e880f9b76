// A time-skipping Temporal server and the workflows' bundle: started once for each file of tests.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { wheelPath } from '../../local/tools/python.ts'
import { versions } from '../../local/versions.ts'
import { register } from '../../worker/search-attributes.ts'

export interface Temporal {
  readonly env: TestWorkflowEnvironment
  readonly bundle: WorkflowBundleWithSourceMap
  /** Stops the workers that still run; a failed test leaves its own. */
  readonly workers: Set<() => Promise<void>>
  readonly close: () => Promise<void>
}

/** Skips over the time that nothing happens in: for stories in which somebody waits for minutes or hours. */
export const timeSkippingServer = () =>
  open(() => {
    const executable = { type: 'existing-path', path: programOf('temporalTestServer') } as const
    return TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
  })

/**
 * The real server: for stories that end releases from outside. The time-skipping one sticks for good when a cancellation meets an
 * activity that completes at the same moment.
 */
export const realServer = () =>
  open(() => {
    const executable = { type: 'existing-path', path: programOf('temporal') } as const
    return TestWorkflowEnvironment.createLocal({
      server: { executable, log: { format: 'pretty', level: 'error' } },
    })
  })

async function open(start: () => Promise<TestWorkflowEnvironment>): Promise<Temporal> {
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } })
  const bundle = await bundleWorkflows()
  const env = await start()
  await register(env.nativeConnection, env.namespace ?? 'default')
  const workers = new Set<() => Promise<void>>()
  const close = async () => {
    await Promise.all([...workers].map((stop) => stop()))
    await env.teardown()
  }
  return { env, bundle, workers, close }
}

export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: quiet,
  })

const quiet = new DefaultLogger(process.env.SLIPWAY_TEST_LOG ? 'DEBUG' : 'ERROR')

const named = { temporal: 'SLIPWAY_TEMPORAL', temporalTestServer: 'SLIPWAY_TEMPORAL_TEST_SERVER' } as const

/** `npm test` names the servers; alone, the tests find those that the local setup keeps. */
function programOf(server: keyof typeof named): string {
  const path = process.env[named[server]] ?? wheelPath(server)
  if (existsSync(path)) return path
  throw new Error(
    `no program at ${path}: run "npm test" once, or set ${named[server]} to version ${versions[server]} of it`,
  )
}
