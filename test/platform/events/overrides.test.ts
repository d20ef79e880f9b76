// Knative's K_CE_OVERRIDES: what is taken from it, and what is refused.
import { expect, it } from 'vitest'
import { extensionsIn } from '../../../platform/events/overrides.ts'

it.each([
  [undefined, {}],
  ['', {}],
  ['{}', {}],
  ['{"extensions": {"team": "shop", "stage2": "x"}}', { team: 'shop', stage2: 'x' }],
])('%j adds %j', (text, extensions) => expect(extensionsIn(text)).toEqual(extensions))

it.each([
  ['not json', 'must be JSON'],
  ['[]', 'must be JSON'],
  ['{"extensions": {"team": 1}}', 'must be JSON'],
  ['{"extensions": {"type": "other"}}', 'cannot set "type"'],
  ['{"extensions": {"data": "other"}}', 'cannot set "data"'],
  ['{"extensions": {"Team": "shop"}}', 'cannot set "Team"'],
])('%j is refused', (text, says) => expect(() => extensionsIn(text)).toThrow(says))
