// A question that a gate asks, valid: a test states only what it is about.
import type { HookQuestion } from '../../../platform/platform.ts'
import { aRevision, fakeSha } from '../../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }

export function aQuestion(
  hook: HookQuestion['gate']['hook'],
  { gate, ...change }: Partial<Omit<HookQuestion, 'gate'>> & { gate?: Partial<HookQuestion['gate']> } = {},
): HookQuestion {
  return {
    release: { app, seq: 7, sha: fakeSha('shop/7') },
    gate: { name: 'before-50', before: 500, hook, retries: 2, timeout: 600_000, ...gate },
    revision: aRevision(app, 'canary', { release: 'shop-7' }),
    stable: 'shop-9a8b7c6-cd34',
    weight: 200,
    ...change,
  }
}
