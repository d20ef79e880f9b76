// Why something failed: the first cause, however often it was wrapped.
import { expect, it } from 'vitest'
import { deepestCause } from '../../domain/deepest-cause.ts'

const refused = (port: number) => new Error(`connect ECONNREFUSED 127.0.0.1:${port}`)

it.each<[string, unknown, string]>([
  ['an error', new Error('no such file'), 'no such file'],
  ['what is none', 'gone', 'gone'],
  ['a cause', new TypeError('fetch failed', { cause: refused(80) }), 'connect ECONNREFUSED 127.0.0.1:80'],
  ['its cause', new Error('a', { cause: new Error('b', { cause: new Error('c') }) }), 'c'],
  ['a cause that is no error', new Error('broken off', { cause: 'why' }), 'broken off'],
  [
    'several, which have no words of their own',
    new TypeError('fetch failed', { cause: new AggregateError([refused(80), refused(81)]) }),
    'connect ECONNREFUSED 127.0.0.1:80, connect ECONNREFUSED 127.0.0.1:81',
  ],
  ['several that say the same', new AggregateError([refused(80), refused(80)]), refused(80).message],
  ['several, of which none is known', new AggregateError([], 'all failed'), 'all failed'],
  ['one without words', new TypeError(''), 'TypeError'],
])('%s', (_, error, why) => {
  expect(deepestCause(error)).toBe(why)
})
