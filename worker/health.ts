// Whether the process lives (/healthz), whether it can do its work (/readyz), and its metrics (/metrics).
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { type ProcessMetrics, processMetrics } from './metrics.ts'

export interface Health {
  /** From here on readiness is this worker's. */
  readonly watch: (worker: Worker, connection: NativeConnection) => void
  /** GitHub said that a limit is reached. */
  readonly limited: (kind: string) => void
  readonly close: () => Promise<void>
}

interface Address {
  readonly host: string
  readonly port: number
}

const askEvery = 5_000
const answerCounts = 15_000

export async function serveHealth(addresses: readonly Address[], log: Logger): Promise<Health> {
  let worker: Worker | undefined
  let answeredAt = 0
  let timer: NodeJS.Timeout | undefined
  const metrics = processMetrics(() => worker?.getStatus().numInFlightActivities ?? 0)
  const problems = () => [...notPolling(worker), ...(fresh(answeredAt) ? [] : ['Temporal does not answer'])]
  const servers = await Promise.all(addresses.map((address) => listen(address, answers(metrics, problems))))
  log.info({ addresses }, 'health is served')

  return {
    limited: metrics.limited,
    watch(watched, connection) {
      worker = watched
      const ask = async () => {
        try {
          const deadline = Date.now() + 2_000
          await connection.withDeadline(deadline, () => connection.workflowService.getSystemInfo({}))
          answeredAt = Date.now()
        } catch (error) {
          log.warn({ error }, 'Temporal does not answer')
        }
      }
      void ask()
      timer = setInterval(() => void ask(), askEvery)
    },
    async close() {
      clearInterval(timer)
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

const fresh = (answeredAt: number) => Date.now() - answeredAt < answerCounts

function notPolling(worker: Worker | undefined): string[] {
  if (!worker) return ['the worker has not started']
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus()
  return [
    ...(runState === 'RUNNING' ? [] : [`the worker is ${runState}`]),
    ...(workflowPollerState === 'POLLING' ? [] : [`workflows: ${workflowPollerState}`]),
    ...(activityPollerState === 'POLLING' ? [] : [`activities: ${activityPollerState}`]),
  ]
}

const answers =
  (metrics: ProcessMetrics, problems: () => string[]) => async (path: string, response: ServerResponse) => {
    if (path === '/healthz') return reply(response, 200, 'alive')
    if (path === '/readyz') {
      const found = problems()
      return reply(response, found.length === 0 ? 200 : 503, found.join('; ') || 'ready')
    }
    if (path === '/metrics') return reply(response, 200, await metrics.text(), metrics.contentType)
    return reply(response, 404, 'there is /healthz, /readyz and /metrics')
  }

function reply(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(`${text.trimEnd()}\n`)
}

function listen(
  { host, port }: Address,
  answer: (path: string, response: ServerResponse) => Promise<void>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    answer(path, response).catch(() => response.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
