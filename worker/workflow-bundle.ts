// Where the build leaves the workflows' code and the worker finds it.
import { fileURLToPath } from 'node:url'

export const workflowBundle = fileURLToPath(new URL('workflows.bundle.js', import.meta.url))
