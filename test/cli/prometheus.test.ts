// Which Prometheus is asked.
import { describe, expect, it } from 'vitest'
import { choosePrometheus } from '../../cli/prometheus.ts'

const set = { SLIPWAY_PROMETHEUS_URL: 'https://metrics.example.com/' }

describe('the Prometheus', () => {
  it.each([
    ['http://here:9090/', {}, set, 'http://here:9090'],
    [undefined, {}, set, 'https://metrics.example.com'],
    [undefined, {}, {}, 'http://127.0.0.1:9090'],
    [undefined, {}, { SLIPWAY_PROMETHEUS_URL: '' }, 'http://127.0.0.1:9090'],
    [undefined, { context: 'staging' }, set, 'https://metrics.example.com'],
    [undefined, { context: 'staging' }, {}, undefined],
    [undefined, { kubeconfig: './staging.yaml' }, {}, undefined],
  ])('of %j with %j and %j is %j', (said, choice, environment, expected) => {
    expect(choosePrometheus(said, choice, environment)).toBe(expected)
  })

  it.each(['prometheus:9090', 'ftp://prometheus', 'http://ana:secret@prometheus:9090', 'nonsense'])(
    'is not %s, and what was said is not repeated',
    (said) => {
      expect(() => choosePrometheus(said, {})).toThrow(/^cannot ask this Prometheus/)
      expect(() => choosePrometheus(said, {})).not.toThrow(/secret/)
    },
  )
})
