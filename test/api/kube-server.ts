// An API server on loopback that lists, watches, creates and patches our kinds, and breaks off when it is told to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import type { Custom } from '../../platform/kinds.ts'

interface Stored extends Custom {
  plural: string
}

export interface KubeServer {
  readonly url: string
  readonly config: KubeConfig
  readonly put: (plural: string, object: Custom) => Custom
  readonly drop: (plural: string, namespace: string, name: string) => void
  readonly get: (plural: string, namespace: string, name: string) => Custom | undefined
  /** Ends all watches; `reset` as a machine that dies does. */
  readonly breakWatches: (how: 'end' | 'reset' | 'gone') => void
  /** Answers every list and watch with this status until told otherwise. */
  readonly refuse: (status: number | undefined) => void
  readonly requests: string[]
  /** Tokens, and what their owners may do: `list default`, `get default/shop-1`. */
  readonly people: Map<string, { user: string; may: readonly string[] }>
  readonly close: () => Promise<void>
}

export async function kubeServer(): Promise<KubeServer> {
  const objects = new Map<string, Stored>()
  const watches = new Set<{ plural: string; response: ServerResponse }>()
  const requests: string[] = []
  const people: KubeServer['people'] = new Map()
  let version = 1
  let refused: number | undefined
  const keyOf = (plural: string, namespace: string, name: string) => `${plural}/${namespace}/${name}`

  function tell(plural: string, type: string, object: object) {
    for (const watch of watches)
      if (watch.plural === plural) watch.response.write(`${JSON.stringify({ type, object })}\n`)
  }
  function put(plural: string, object: Custom): Custom {
    version += 1
    const key = keyOf(plural, object.metadata.namespace, object.metadata.name)
    const old = objects.get(key)
    const metadata = {
      uid: `uid-${version}`,
      generation: 1,
      creationTimestamp: new Date().toISOString(),
      ...old?.metadata,
      ...object.metadata,
      resourceVersion: `${version}`,
    }
    const stored = { ...old, ...object, metadata, plural }
    objects.set(key, stored)
    tell(plural, old ? 'MODIFIED' : 'ADDED', stored)
    return stored
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api')
    requests.push(`${request.method} ${url.pathname}${url.searchParams.has('watch') ? ' watch' : ''}`)
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const path = url.pathname.split('/').slice(1)
    if (path[3] === 'selfsubjectreviews') return void json(201, self(people, request))
    if (path[1] === 'authentication.k8s.io') return void json(201, review(people, await bodyOf(request)))
    if (path[1] === 'authorization.k8s.io') return void json(201, access(people, await bodyOf(request)))
    if (refused) return void json(refused, { kind: 'Status', code: refused, message: 'as told' })
    // /apis/<group>/<version>, or /api/<version> for the core's own.
    const rest = path.slice(path[0] === 'api' ? 2 : 3)
    const [namespace, plural = '', name = '', part] = rest[0] === 'namespaces' ? rest.slice(1) : ['', ...rest]
    if (request.method === 'GET' && name) {
      const found = objects.get(keyOf(plural, namespace ?? '', name))
      return void json(found ? 200 : 404, found ?? { kind: 'Status', code: 404, message: 'not found' })
    }
    if (request.method === 'GET' && url.searchParams.has('watch')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      const watch = { plural, response }
      watches.add(watch)
      response.on('close', () => watches.delete(watch))
      const since = Number(url.searchParams.get('resourceVersion') || 0)
      for (const one of objects.values())
        if (one.plural === plural && Number(one.metadata.resourceVersion) > since)
          response.write(`${JSON.stringify({ type: 'ADDED', object: one })}\n`)
      return
    }
    if (request.method === 'GET') {
      const items = [...objects.values()].filter((one) => one.plural === plural)
      return void json(200, { metadata: { resourceVersion: `${version}` }, items })
    }
    const sent = (await bodyOf(request)) as unknown as Custom
    const found = objects.get(keyOf(plural, sent.metadata.namespace, sent.metadata.name))
    if (request.method === 'POST' && found)
      return void json(409, { kind: 'Status', code: 409, message: 'exists' })
    if (part === 'status' && found)
      return void json(200, put(plural, { ...found, status: sent.status ?? {} }))
    json(200, put(plural, sent))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    config: configFor(url),
    put,
    get: (plural, namespace, name) => objects.get(keyOf(plural, namespace, name)),
    drop(plural, namespace, name) {
      const key = keyOf(plural, namespace, name)
      const object = objects.get(key)
      version += 1
      objects.delete(key)
      if (object)
        tell(plural, 'DELETED', {
          ...object,
          metadata: { ...object.metadata, resourceVersion: `${version}` },
        })
    },
    breakWatches(how) {
      for (const watch of [...watches]) {
        const { plural, response } = watch
        if (how === 'reset') response.destroy()
        if (how === 'gone') tell(plural, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired' })
        watches.delete(watch)
        if (how !== 'reset') response.end()
      }
    },
    refuse(status) {
      refused = status
    },
    requests,
    people,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function configFor(server: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'test', server, skipTLSVerify: true }, { name: 'test', token: 'own' })
  return config
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, never>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function review(people: KubeServer['people'], { spec }: { spec?: { token: string } }) {
  const person = people.get(spec?.token ?? '')
  return {
    spec,
    status: person ? { authenticated: true, user: { username: person.user } } : { authenticated: false },
  }
}

function self(people: KubeServer['people'], { headers }: IncomingMessage) {
  const username = people.get(headers.authorization?.replace(/^Bearer /, '') ?? '')?.user
  return { status: { userInfo: { username } } }
}

function access(people: KubeServer['people'], { spec }: { spec?: Access }) {
  const { verb, namespace, name } = spec?.resourceAttributes ?? {}
  const person = [...people.values()].find(({ user }) => user === spec?.user)
  const wish = `${verb} ${namespace}${name ? `/${name}` : ''}`
  return { spec, status: { allowed: person?.may.includes(wish) ?? false } }
}

interface Access {
  user: string
  resourceAttributes: { verb: string; namespace: string; name?: string; group: string; resource: string }
}
