// GET /api/releases and /api/releases/<name>: what the cluster tells of releases, to those who may get it there as well.
import type { Custom } from '../platform/kinds.ts'
import { Problem, quoted } from './problem.ts'
import type { Releases } from './releases.ts'
import type { Admit } from './visitor.ts'

export interface ReleasePages {
  readonly list: (request: Request) => Promise<Response>
  readonly one: (request: Request, name: string) => Promise<Response>
}

export interface ReleasePagesOptions {
  readonly releases: Pick<Releases, 'objects' | 'object'>
  readonly admit: Admit
  /** Where to look unless `?namespace=` says so. */
  readonly namespace: string
  /** Whether the watch has seen them all. */
  readonly ready: () => boolean
}

export function releasePages({ releases, admit, namespace, ready }: ReleasePagesOptions): ReleasePages {
  return {
    async list(request) {
      const asked = namespaceOf(request, namespace)
      await admit(request, { verb: 'list', namespace: asked })
      if (!ready()) throw notReady()
      return json({ items: releases.objects(asked).map(view) })
    },
    async one(request, name) {
      const asked = namespaceOf(request, namespace)
      if (!isName(name)) throw new Problem(404, 'no-release', `${quoted(name)} is no release's name`)
      await admit(request, { verb: 'get', namespace: asked, name })
      if (!ready()) throw notReady()
      const object = releases.object(asked, name)
      if (!object) throw new Problem(404, 'no-release', `there is no release ${name} in ${asked}`)
      return json(view(object))
    },
  }
}

function namespaceOf(request: Request, otherwise: string): string {
  const asked = new URL(request.url).searchParams.get('namespace') ?? otherwise
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(asked)) return asked
  throw new Problem(400, 'namespace', `${quoted(asked)} is no namespace's name`)
}

const isName = (name: string): boolean => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)

const view = ({ metadata, spec, status }: Custom) => ({
  namespace: metadata.namespace,
  name: metadata.name,
  createdAt: metadata.creationTimestamp,
  spec,
  status,
})

const notReady = () =>
  new Problem(503, 'not-ready', 'the releases are being read; try again in a moment', {
    headers: { 'retry-after': '2' },
  })

const json = (body: object): Response =>
  new Response(`${JSON.stringify(body)}\n`, { headers: { 'content-type': 'application/json' } })
