// The worker: configuration → platform → activities → Temporal. Reads the settings, makes the parts, joins them.
import { fileURLToPath } from 'node:url'
import { Runtime, Worker } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import { workerSettings } from '../platform/settings.ts'
import { taskQueue } from '../workflows/messages.ts'
import { connectTemporal } from './connection.ts'
import { serveHealth } from './health.ts'
import { jsonLog, temporalLogger } from './log.ts'
import { realPlatform } from './platform.ts'
import { registerSearchAttributes } from './search-attributes.ts'
import { stoppableClock } from './stopping.ts'

// Workflow code formats times; they must not depend on where the worker runs.
process.env.TZ = 'UTC'
const settings = workerSettings()
const log = jsonLog('slipway-worker')
const { host, port } = settings.telemetryListen
Runtime.install({
  logger: temporalLogger(log),
  telemetryOptions: {
    metrics: {
      prometheus: {
        bindAddress: `${host}:${port}`,
        countersTotalSuffix: true,
        unitSuffix: true,
        useSecondsForDurations: true,
      },
    },
  },
})

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())

const health = await serveHealth(settings.listen, log)
const connection = await connectTemporal(settings.temporal.address, log, stopping.signal)
await registerSearchAttributes(connection, settings.temporal.namespace, log, stopping.signal)
const worker = await Worker.create({
  connection,
  namespace: settings.temporal.namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('../workflows/index.js', import.meta.url)),
  activities: createActivities(realPlatform(settings), stoppableClock(stopping.signal)),
  // A cancelled activity learns of it with a heartbeat: within two seconds.
  maxHeartbeatThrottleInterval: '2s',
  // A watch holds its slot for as long as its step lasts.
  maxConcurrentActivityTaskExecutions: 500,
  shutdownGraceTime: '20s',
  shutdownForceTime: '50s',
})
health.watch(worker, connection)
log.info({ taskQueue, address: settings.temporal.address }, 'running')
await worker.run()
await Promise.all([health.close(), connection.close()])
log.info('stopped')
