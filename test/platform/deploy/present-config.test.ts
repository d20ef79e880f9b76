// What an App names of configuration: names and keys, never content, and the names of copies as a release would give them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copiesOf } from '../../../platform/deploy/config.ts'
import { presentConfig } from '../../../platform/deploy/present-config.ts'
import { type Kubernetes, kubernetes } from '../../../platform/kubernetes.ts'
import { readOnly } from '../../../platform/read-only.ts'
import { type KubeServer, kubeServer } from '../../api/kube-server.ts'

const app = { namespace: 'default', name: 'shop' }
const run = { config: [{ name: 'settings', mount: '/etc/shop' }], secrets: [{ name: 'db' }] }
const password = Buffer.from('hunter2').toString('base64')
let server: KubeServer
let kube: Kubernetes

beforeEach(async () => {
  server = await kubeServer()
  kube = kubernetes({ config: server.config })
  const metadata = { namespace: 'default', name: 'settings' }
  server.put('configmaps', { metadata, data: { THEME: 'blue', GREETING: 'hello' } } as never)
  server.put('secrets', { metadata: { ...metadata, name: 'db' }, data: { PASSWORD: password } } as never)
})
afterEach(() => server.close())

const present = () => presentConfig(readOnly(kube), app, run)

describe('present configuration', () => {
  it('has keys and no content; without a key of the namespace its copies have no names', async () => {
    const found = await present()
    expect(found).toMatchObject([
      { kind: 'ConfigMap', name: 'settings', mount: '/etc/shop', keys: ['GREETING', 'THEME'] },
      { kind: 'Secret', name: 'db', keys: ['PASSWORD'] },
    ])
    for (const one of found) {
      expect(one).not.toHaveProperty('copy')
      expect(one.unseen).toBe('nothing was copied in this namespace yet')
    }
    for (const content of ['blue', 'hello', 'hunter2', password])
      expect(JSON.stringify(found)).not.toContain(content)
    expect(server.requests.filter((request) => !request.startsWith('GET '))).toEqual([])
  })

  it('names the copies as a release names them', async () => {
    const copies = await copiesOf(kube, app, run, false)
    const found = await present()
    expect(found.map(({ copy }) => copy)).toEqual(copies.map(({ copy }) => copy))
    expect(found[1]?.copy).toMatch(/^db-[0-9a-f]{8}$/)
  })

  it('tells what is missing in the words of the release', async () => {
    server.drop('secrets', 'default', 'db')
    await copiesOf(kube, app, { config: run.config }, false)
    const failed = await copiesOf(kube, app, run, false).catch((error: Error) => error.message)
    expect((await present())[1]).toEqual({ kind: 'Secret', name: 'db', problem: failed })
    expect(failed).toContain('does not exist')
  })

  it('says what may not be read, and goes on', async () => {
    server.refuse(403)
    expect(await present()).toEqual([
      {
        kind: 'ConfigMap',
        name: 'settings',
        mount: '/etc/shop',
        unseen: 'you may not read the ConfigMap settings',
      },
      { kind: 'Secret', name: 'db', unseen: 'you may not read the Secret db' },
    ])
  })
})
