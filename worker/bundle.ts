// Bundles the workflows' code when Slipway is built: a worker that comes back takes its work up seconds sooner.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { workflowBundle } from './workflow-bundle.ts'

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.js', import.meta.url)),
  logger: new DefaultLogger('ERROR'),
})
writeFileSync(workflowBundle, code)
