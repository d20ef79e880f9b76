// GET /api/releases, /api/releases/<name> and its /events: what the cluster tells of releases, to those who may get it there as well.
import type { AppRef } from '../domain/app.ts'
import type { Custom } from '../platform/kinds.ts'
import type { Live } from './live.ts'
import { Problem, quoted } from './problem.ts'
import type { Releases } from './releases.ts'
import { type Admit, visitorOf, type Wish } from './visitor.ts'

export interface ReleasePages {
  readonly list: (request: Request) => Promise<Response>
  readonly one: (request: Request, name: string) => Promise<Response>
  /** The same as long as it changes. */
  readonly live: (request: Request, name: string) => Promise<Response>
}

export interface ReleasePagesOptions {
  readonly releases: Pick<Releases, 'objects' | 'object'>
  readonly admit: Admit
  /** Where to look unless `?namespace=` says so. */
  readonly namespace: string
  /** Whether the watch has seen them all. */
  readonly ready: () => boolean
  readonly live: Live
  /** Where an App's commits can be looked at by a person. */
  readonly repositoryOf?: (app: AppRef) => string | undefined
}

export function releasePages(options: ReleasePagesOptions): ReleasePages {
  const { releases, admit, namespace, ready, live, repositoryOf = () => undefined } = options

  /** Which release is asked for, by somebody who may see it. */
  async function asked(request: Request, name: string): Promise<{ wish: Wish; object: Custom }> {
    const wish = { verb: 'get', namespace: namespaceOf(request, namespace), name } as const
    if (!isName(name)) throw new Problem(404, 'no-release', `${quoted(name)} is no release's name`)
    await admit(request, wish)
    if (!ready()) throw notReady()
    const object = releases.object(wish.namespace, name)
    if (!object) throw new Problem(404, 'no-release', `there is no release ${name} in ${wish.namespace}`)
    return { wish, object }
  }

  function viewOf(object: Custom) {
    const app = { namespace: object.metadata.namespace, name: String(object.spec?.app ?? '') }
    const repository = repositoryOf(app)
    return { ...view(object), ...(repository !== undefined && { repository }) }
  }

  return {
    async list(request) {
      const wish = { verb: 'list', namespace: namespaceOf(request, namespace) } as const
      await admit(request, wish)
      if (!ready()) throw notReady()
      return json({ namespace: wish.namespace, items: releases.objects(wish.namespace).map(brief) })
    },
    async one(request, name) {
      const { object } = await asked(request, name)
      return json(viewOf(object))
    },
    async live(request, name) {
      const { wish } = await asked(request, name)
      const current = () => {
        const object = releases.object(wish.namespace, name)
        if (!object) return undefined
        const version = object.metadata.resourceVersion ?? ''
        return { version, body: () => viewOf(object), final: object.status?.outcome !== undefined }
      }
      return live(visitorOf(request), { current, admit: () => admit(request, wish) })
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

/** Hundreds of histories of up to 64 KB are no list: whoever wants one asks for it. */
function brief(object: Custom) {
  const { transitions: _, evidence: __, judging: ___, conditions: ____, ...status } = object.status ?? {}
  return view({ ...object, status })
}

const notReady = () =>
  new Problem(503, 'not-ready', 'the releases are being read; try again in a moment', {
    headers: { 'retry-after': '2' },
  })

const json = (body: object): Response =>
  new Response(`${JSON.stringify(body)}\n`, { headers: { 'content-type': 'application/json' } })
