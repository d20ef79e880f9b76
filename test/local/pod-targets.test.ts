// Only running pods that ask for it are read, at the port and path they name.
import { expect, test } from 'vitest'
import { targetOf } from '../../local/pod-targets.ts'

const pod = (annotations: Record<string, string>, phase = 'Running') => ({
  metadata: {
    uid: '1',
    name: 'shop-1',
    namespace: 'default',
    resourceVersion: '9',
    annotations,
    labels: { 'slipway.dev/app': 'shop', other: 'label' },
  },
  status: { phase, podIP: '10.244.0.12' },
})
const asking = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9100' }

test('a pod that asks is a target, with what Slipway calls it', () => {
  expect(targetOf(pod(asking))).toEqual({
    targets: ['10.244.0.12:9100'],
    labels: { __metrics_path__: '/metrics', namespace: 'default', pod: 'shop-1', slipway_dev_app: 'shop' },
  })
  expect(targetOf(pod({ ...asking, 'prometheus.io/path': '/stats' }))?.labels.__metrics_path__).toBe('/stats')
})

test('a pod that does not ask, names no port or does not run is none', () => {
  expect(targetOf(pod({}))).toBeUndefined()
  expect(targetOf(pod({ 'prometheus.io/scrape': 'true' }))).toBeUndefined()
  expect(targetOf(pod(asking, 'Succeeded'))).toBeUndefined()
})
