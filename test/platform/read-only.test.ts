// A client that cannot write, whatever is asked of it.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { kinds } from '../../platform/kinds.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import { readOnly } from '../../platform/read-only.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'

let server: KubeServer
beforeEach(async () => {
  server = await kubeServer()
})
afterEach(() => server.close())

it('reads, and sends no write', async () => {
  const kube = readOnly(kubernetes({ config: server.config }))
  const object = { metadata: { namespace: 'default', name: 'a', uid: 'u', resourceVersion: '1' } }
  server.put('configmaps', object)
  expect(await kube.get(kinds.ConfigMap, 'default', 'a')).toMatchObject({ metadata: { name: 'a' } })
  const writes = [
    () => kube.create(kinds.ConfigMap, object),
    () => kube.apply(kinds.ConfigMap, object),
    () => kube.replace(kinds.ConfigMap, object),
    () => kube.remove(kinds.ConfigMap, 'default', 'a'),
  ]
  for (const write of writes) await expect(write()).rejects.toThrow('only reads')
  expect(server.requests.filter((request) => !request.startsWith('GET '))).toEqual([])
})
