// What GitHub keeps of commits, in a few lines: check runs, deployments, their statuses. Tests look at it, and say what is refused.
import { type Json, littleGitHub } from '../github/server.ts'
import { sendJson } from '../http-server.ts'

interface Kept {
  readonly runs: Json[]
  readonly statuses: Json[]
  readonly deployments: Json[]
  readonly states: Map<number, Json[]>
  /** Answered in place of everything whose path this says. */
  refuse: (method: string, path: string) => readonly [status: number, message: string] | undefined
  readonly permissions: Map<string, string>
}

export async function commitsOnGitHub() {
  let ids = 100
  const nextId = () => {
    ids += 1
    return ids
  }
  const kept: Kept = {
    runs: [],
    statuses: [],
    deployments: [],
    states: new Map(),
    refuse: () => undefined,
    permissions: new Map(),
  }
  const github = await littleGitHub(({ method, path, body }, response) => {
    if (!path.startsWith('/repos/') || path.endsWith('/installation')) return
    const url = new URL(path, 'http://github')
    const below = url.pathname.replace('/repos/acme/shop', '')
    const refused = kept.refuse(method, below)
    if (refused) return sendJson(response, refused[0], { message: refused[1] })
    const answer = answerOf(kept, nextId, { method, below, query: url.searchParams, body })
    if (answer !== undefined) sendJson(response, method === 'POST' ? 201 : 200, answer)
  })
  return { ...github, kept }
}

interface Call {
  readonly method: string
  readonly below: string
  readonly query: URLSearchParams
  readonly body: string
}

function answerOf(kept: Kept, nextId: () => number, { method, below, query, body }: Call): unknown {
  const given = () => JSON.parse(body) as Json
  const [, id = ''] = /\/(\d+)/.exec(below) ?? []
  if (method === 'POST' && below === '/check-runs') return remember(kept.runs, nextId(), update({}, given()))
  if (method === 'PATCH') {
    const run = kept.runs.find((one) => one.id === Number(id))
    return run && Object.assign(run, update(run, given()))
  }
  if (below.endsWith('/check-runs')) {
    const named = kept.runs.filter(
      (one) => one.name === query.get('check_name') && below === `/commits/${one.head_sha}/check-runs`,
    )
    return { total_count: named.length, check_runs: pageOf(named, query) }
  }
  if (below.startsWith('/statuses/')) return remember(kept.statuses, nextId(), given())
  if (/^\/deployments\/\d+\/statuses$/.test(below)) {
    const states = kept.states.get(Number(id)) ?? []
    kept.states.set(Number(id), states)
    if (method === 'GET') return pageOf(states, query)
    states.unshift({ ...given(), id: nextId() })
    return states[0]
  }
  if (below === '/deployments' && method === 'POST') return remember(kept.deployments, nextId(), given())
  if (below === '/deployments') {
    const asked = (one: Json) =>
      one.environment === query.get('environment') && [null, one.ref].includes(query.get('sha'))
    return pageOf(kept.deployments.filter(asked).toReversed(), query)
  }
  const [, login = ''] = /^\/collaborators\/([^/]+)\/permission$/.exec(below) ?? []
  const permission = kept.permissions.get(decodeURIComponent(login))
  return permission && { permission }
}

const pageOf = (all: readonly Json[], query: URLSearchParams): readonly Json[] => {
  const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)]
  return all.slice((page - 1) * size, page * size)
}

const remember = (all: Json[], id: number, one: Json): Json => {
  all.push({ ...one, id })
  return all.at(-1) as Json
}

/** Annotations are added to those that are there; a conclusion makes it completed. */
function update(run: Json, given: Json): Json {
  const before = run.output?.annotations ?? []
  const { annotations = [], ...output } = given.output ?? {}
  if (annotations.length > 50) throw new Error('more than 50 annotations')
  const all = [...before, ...annotations]
  return {
    ...run,
    ...given,
    output: { ...run.output, ...output, annotations: all, annotations_count: all.length },
  }
}
