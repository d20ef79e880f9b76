import { expect, test, vi } from 'vitest'
import { PermanentFailure } from '../../domain/failure.ts'
import { kinds } from '../../platform/kinds.ts'
import type { Kubernetes } from '../../platform/kubernetes.ts'
import { ownObjects } from '../../platform/own-objects.ts'

const route = { metadata: { namespace: 'default', name: 'shop', resourceVersion: '1', uid: 'u' }, spec: {} }
const answering = (list: () => Promise<readonly unknown[]>) => ({ list }) as unknown as Kubernetes
const ours = (kube: Kubernetes) => ownObjects(kube, kinds.HTTPRoute, 'default', { owner: 'slipway' })

test('what a namespace holds of ours is what it lists by our labels', async () => {
  const list = vi.fn(async () => [route])
  expect(await ours(answering(list))).toEqual([route])
  expect(list).toHaveBeenCalledWith(kinds.HTTPRoute, 'default', { labels: { owner: 'slipway' } })
})

test('where Slipway has no rights there is nothing of ours', async () => {
  const refused = async () => Promise.reject(new PermanentFailure('Forbidden', 'no role here'))
  expect(await ours(answering(refused))).toEqual([])
})

test.each([
  new Error('no answer from the API server'),
  new PermanentFailure('NotFound', 'the server does not know such objects'),
])('any other failure says nothing about what is there: %s', async (error) => {
  await expect(ours(answering(async () => Promise.reject(error)))).rejects.toBe(error)
})
