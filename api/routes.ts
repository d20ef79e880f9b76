// All routes, and who may use each: what is not in this table does not exist.
import type { Metrics } from './metrics.ts'
import type { Page } from './page.ts'
import type { ReleasePages } from './release-pages.ts'
import type { Route } from './server.ts'

export interface Answers {
  readonly alive: Route['answer']
  readonly ready: Route['answer']
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  readonly webhook: Route['answer']
  readonly events: Route['answer']
  readonly pages: ReleasePages
  readonly page: Page
  /** Undefined: there is no git remote here. */
  readonly git: Route['answer'] | undefined
}

export const routes = ({
  alive,
  ready,
  metrics,
  webhook,
  events,
  pages,
  page,
  git,
}: Answers): readonly Route[] => [
  { methods: ['GET'], path: '/healthz', access: 'anyone', answer: alive },
  { methods: ['GET'], path: '/readyz', access: 'anyone', answer: ready },
  { methods: ['GET'], path: '/metrics', access: 'anyone', answer: () => metricsPage(metrics) },
  { methods: ['POST'], path: '/webhooks/github', access: 'signature', answer: webhook },
  { methods: ['POST'], path: '/events', access: 'events-token', answer: events },
  { methods: ['GET'], path: '/api/releases', access: 'kubernetes-token', answer: pages.list },
  {
    methods: ['GET'],
    path: '/api/releases/:name',
    access: 'kubernetes-token',
    answer: (request, { name = '' }) => pages.one(request, name),
  },
  {
    methods: ['GET'],
    path: '/api/releases/:name/events',
    access: 'kubernetes-token',
    answer: (request, { name = '' }) => pages.live(request, name),
  },
  { methods: ['GET'], path: '/', access: 'anyone', answer: page.shell },
  { methods: ['GET'], path: '/releases/:namespace/:name', access: 'anyone', answer: page.shell },
  {
    methods: ['GET'],
    path: '/assets/:file',
    access: 'anyone',
    answer: (_, { file = '' }) => page.asset(file),
  },
  ...(git ? ([{ methods: ['GET', 'POST'], path: '/git/*', access: 'git-token', answer: git }] as const) : []),
]

const metricsPage = async ({ text, contentType }: Answers['metrics']): Promise<Response> =>
  new Response(await text(), { headers: { 'content-type': contentType } })
