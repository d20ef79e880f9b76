// Check runs: an App says on a commit what it found, with notes on lines of code and buttons to press.
import { appShown } from './accounts.ts'
import { commitAt, folderOf } from './commits.ts'
import { type Call, callingApp, created, type Operations, ok, page, repositoryOf } from './operation.ts'
import { checkSuiteShown, payloadOf } from './payload.ts'
import { notFound, Refusal, unprocessable } from './refusal.ts'
import {
  type Action,
  apiOf,
  type CheckRun,
  fullNameOf,
  type Json,
  nodeId,
  type Repository,
  type State,
  suiteOf,
  timeOf,
  type User,
} from './state.ts'

export const checkOperations: Operations = {
  'checks/create': { needs: ['checks', 'write'], answer: create },
  'checks/update': { needs: ['checks', 'write'], answer: update },
  'checks/get': {
    needs: ['checks', 'read'],
    answer: (call) => ok(checkRunShown(call.state, ...runOf(call))),
  },
  'checks/list-for-ref': { needs: ['checks', 'read'], answer: list },
  'checks/list-annotations': {
    needs: ['checks', 'read'],
    answer: (call) => {
      const { items, headers } = page(call, runOf(call)[1].annotations)
      return { status: 200, body: items, headers }
    },
  },
}

async function create(call: Call) {
  const { state, body } = call
  const repository = repositoryOf(call)
  const app = callingApp(call)
  const asked = String(body.head_sha)
  const sha = await commitAt(folderOf(state, repository), asked)
  if (sha === undefined || sha !== asked) throw unprocessable([`No commit found for SHA: ${asked}`])
  const run: CheckRun = {
    id: state.nextId(),
    suite: suiteOf(state, repository, { sha, branch: null, app }),
    sha,
    name: '',
    externalId: '',
    detailsUrl: app.externalUrl,
    status: 'queued',
    conclusion: null,
    startedAt: timeOf(state.now()),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  }
  write(state, run, body)
  keep(repository, run)
  sendCheckRun(call, repository, run, { action: 'created' })
  if (run.status === 'completed') sendCheckRun(call, repository, run, { action: 'completed' })
  return created(checkRunShown(state, repository, run))
}

function update(call: Call) {
  const [repository, run] = runOf(call)
  if (run.suite.app !== callingApp(call)) {
    throw new Refusal(
      403,
      `Invalid app_id ${callingApp(call).id}: a check run can only be modified by the GitHub App that created it.`,
    )
  }
  const was = run.status
  write(call.state, run, call.body)
  if (was !== 'completed' && run.status === 'completed')
    sendCheckRun(call, repository, run, { action: 'completed' })
  return ok(checkRunShown(call.state, repository, run))
}

/** Of one name a suite keeps a thousand runs; the oldest make room. */
function keep(repository: Repository, run: CheckRun): void {
  repository.checkRuns.push(run)
  const same = repository.checkRuns.filter(({ suite, name }) => suite === run.suite && name === run.name)
  const oldest = same.length > 1000 ? same[0] : undefined
  if (oldest) repository.checkRuns.splice(repository.checkRuns.indexOf(oldest), 1)
}

/** Checks everything before it changes anything. */
function write(state: State, run: CheckRun, body: Json): void {
  const output = (body.output ?? {}) as Json
  const annotations = (output.annotations ?? []) as Json[]
  const errors = [...fieldErrors(body), ...annotations.flatMap(annotationErrors)]
  if (errors.length > 0) throw unprocessable(errors)
  run.name = textOr(body.name, run.name)
  run.externalId = textOr(body.external_id, run.externalId)
  run.detailsUrl = textOr(body.details_url, run.detailsUrl)
  run.startedAt = textOr(body.started_at, run.startedAt)
  run.title = textOr(output.title, run.title)
  run.summary = textOr(output.summary, run.summary)
  run.text = textOr(output.text, run.text)
  run.annotations.push(...annotations.map(annotationShown(state, run)))
  run.actions = (body.actions as Action[] | undefined) ?? run.actions
  settle(state, run, body)
}

/** A conclusion completes a run, whatever else was said; without one a run that is under way has none. */
function settle(state: State, run: CheckRun, body: Json): void {
  if (typeof body.conclusion === 'string') {
    run.status = 'completed'
    run.conclusion = body.conclusion
    run.completedAt = textOr(body.completed_at, run.completedAt ?? timeOf(state.now()))
  } else if (typeof body.status === 'string') {
    run.status = body.status
    run.conclusion = null
    run.completedAt = null
  }
}

const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise

function fieldErrors({ details_url, name, status, conclusion }: Json): readonly string[] {
  return [
    ...(name === '' ? ['name cannot be blank'] : []),
    ...(status === 'completed' && conclusion === undefined
      ? ['conclusion is required when status is completed']
      : []),
    ...(typeof details_url === 'string' && !/^https?:\/\//.test(details_url)
      ? ['details_url must use http or https scheme']
      : []),
  ]
}

const kilobytes64 = 65_536

function annotationErrors(one: Json): readonly string[] {
  const lines = [Number(one.start_line), Number(one.end_line)] as const
  const columns = one.start_column !== undefined || one.end_column !== undefined
  const large = ['message', 'raw_details'].filter(
    (name) => Buffer.byteLength(String(one[name] ?? '')) > kilobytes64,
  )
  return [
    ...(lines[0] < 1 || lines[1] < lines[0]
      ? ['end_line must not be before start_line, and lines begin at 1']
      : []),
    ...(columns && lines[0] !== lines[1] ? ['columns are for annotations of one line'] : []),
    ...(String(one.title ?? '').length > 255 ? ['title is too long (maximum is 255 characters)'] : []),
    ...large.map((name) => `${name} is too large (maximum is 64 KB)`),
  ]
}

const annotationShown =
  (state: State, { sha }: CheckRun) =>
  (one: Json) => ({
    path: one.path,
    blob_href: `${state.url}/blob/${sha}/${encodeURI(String(one.path))}`,
    start_line: one.start_line,
    end_line: one.end_line,
    start_column: one.start_column ?? null,
    end_column: one.end_column ?? null,
    annotation_level: one.annotation_level,
    title: one.title ?? null,
    message: one.message,
    raw_details: one.raw_details ?? null,
  })

async function list(call: Call) {
  const { state, query, parameters } = call
  const repository = repositoryOf(call)
  const sha = await commitAt(folderOf(state, repository), parameters.ref ?? '')
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${parameters.ref}`)
  const asked = (name: string, value: string | number) =>
    !query.has(name) || query.get(name) === String(value)
  const runs = repository.checkRuns
    .filter((run) => run.sha === sha && asked('check_name', run.name) && asked('status', run.status))
    .filter(({ suite }) => asked('app_id', suite.app.id))
    .toReversed()
  const wanted = query.get('filter') === 'all' ? runs : runs.filter(isLatest)
  const { items, headers } = page(call, wanted)
  const check_runs = items.map((run) => checkRunShown(state, repository, run))
  return { status: 200, body: { total_count: wanted.length, check_runs }, headers }
}

const isLatest = (run: CheckRun, index: number, newestFirst: readonly CheckRun[]) =>
  newestFirst.findIndex(({ suite, name }) => suite === run.suite && name === run.name) === index

function runOf(call: Call): [Repository, CheckRun] {
  const repository = repositoryOf(call)
  const run = repository.checkRuns.find(({ id }) => String(id) === call.parameters.check_run_id)
  if (!run) throw notFound()
  return [repository, run]
}

export function checkRunShown(state: State, repository: Repository, run: CheckRun): Json {
  const url = `${apiOf(state)}/repos/${fullNameOf(repository)}/check-runs/${run.id}`
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.sha,
    external_id: run.externalId,
    url,
    html_url: `${state.url}/${fullNameOf(repository)}/runs/${run.id}`,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite.id },
    app: appShown(state, run.suite.app),
    pull_requests: [],
  }
}

export interface CheckRunEvent {
  readonly action: 'created' | 'completed' | 'requested_action' | 'rerequested'
  /** Absent: the App itself. */
  readonly sender?: User
  /** The button that was pressed. */
  readonly identifier?: string
}

/** Tells the App whose run it is. */
export function sendCheckRun(
  { state, webhooks }: Pick<Call, 'state' | 'webhooks'>,
  repository: Repository,
  run: CheckRun,
  { action, sender, identifier }: CheckRunEvent,
): void {
  const { suite, status, conclusion } = run
  const check_suite = checkSuiteShown(state, repository, suite, { status, conclusion, before: null })
  webhooks.send(suite.app, 'check_run', {
    action,
    check_run: { ...checkRunShown(state, repository, run), check_suite },
    ...(identifier === undefined ? {} : { requested_action: { identifier } }),
    ...payloadOf(state, repository, suite.app, sender ?? suite.app),
  })
}
