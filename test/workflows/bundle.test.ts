// The workflows' bundle: small, and free of what the sandbox does not have.
import { describe, expect, it } from 'vitest'
import { bundleWorkflows } from './temporal.ts'

describe('the bundle', () => {
  it('holds no module that workflow code may not use, and stays small', async () => {
    const { code } = await bundleWorkflows()
    for (const module of [
      'zod',
      'yaml',
      'pino',
      'isomorphic-git',
      '@kubernetes',
      '@temporalio/client',
      '@temporalio/worker',
    ]) {
      expect(code).not.toContain(`node_modules/${module}/`)
    }
    const ours = ['./platform/', './worker/', './api/'].map((folder) => `${folder}`)
    for (const folder of ours) expect(code).not.toMatch(new RegExp(`"${folder}[a-z-]+\\.ts"`))
    // Without the source map that is appended for stack traces.
    const program = code.replace(/\/\/# sourceMappingURL=.*$/s, '')
    expect(program.length).toBeLessThan(2_000_000)
  })
})
