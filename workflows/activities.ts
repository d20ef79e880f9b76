// The activities as the workflows call them, with the patience that each kind deserves.
// Attempts are bounded where giving up leads to a rollback; time is not: hours without a worker must not end a release.
import { type ActivityOptions, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'

/** Cancelled means ended: without this a rollback would race the mutation that it undoes. */
const ends: ActivityOptions = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' }
const alive: ActivityOptions = { ...ends, heartbeatTimeout: '15s' }

/** Git and the cluster, only read. */
export const reading = proxyActivities<Pick<Activities, 'readPlan' | 'look'>>({
  // A push must not wait a minute for a reader that died.
  ...alive,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 20 },
})

/** What a person asked for: they wait for the answer. */
export const finding = proxyActivities<Pick<Activities, 'recall'>>({
  ...ends,
  startToCloseTimeout: '5s',
  retry: { initialInterval: '500ms', maximumAttempts: 2 },
})

export const building = proxyActivities<Pick<Activities, 'buildRevision'>>({
  ...alive,
  startToCloseTimeout: '1h',
  retry: { initialInterval: '5s', maximumInterval: '1m', maximumAttempts: 3 },
})

export const running = proxyActivities<Pick<Activities, 'runRevision' | 'retire' | 'recall'>>({
  ...alive,
  startToCloseTimeout: '20m',
  retry: { initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 20 },
})

export const shifting = proxyActivities<Pick<Activities, 'shiftTraffic'>>({
  ...alive,
  startToCloseTimeout: '3m',
  retry: { initialInterval: '500ms', maximumInterval: '10s', maximumAttempts: 30 },
})

export const watching = proxyActivities<Pick<Activities, 'watchStep' | 'watchCanary' | 'watchAlone'>>({
  ...alive,
  startToCloseTimeout: '70m',
  retry: { initialInterval: '1s', maximumInterval: '15s' },
})

/** The past is asked for; that it cannot be had is an answer too. */
export const studying = proxyActivities<Pick<Activities, 'studyStable'>>({
  ...ends,
  // A day's counters may take Prometheus half a minute.
  heartbeatTimeout: '1m',
  startToCloseTimeout: '3m',
  retry: { initialInterval: '1s', maximumInterval: '15s' },
})

/** Waits that end when the outside does. */
export const awaiting = proxyActivities<Pick<Activities, 'awaitMetrics' | 'awaitRelease' | 'awaitOpening'>>({
  ...alive,
  startToCloseTimeout: '30 days',
  retry: { initialInterval: '1s', maximumInterval: '15s' },
})

/** Other programs decide: the gate bounds their tries and their time. */
export const asking = proxyActivities<Pick<Activities, 'askHook'>>({
  ...alive,
  startToCloseTimeout: '31 days',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
})

/** The way back never gives up. */
export const returning = proxyActivities<Pick<Activities, 'returnTraffic' | 'rescueTraffic'>>({
  ...alive,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '500ms', maximumInterval: '30s' },
})

/** Others may be away for days, as long as a delivery of theirs could be asked for again; they are told what is true by then. */
const others: ActivityOptions = {
  scheduleToCloseTimeout: '3 days',
  retry: { initialInterval: '2s', maximumInterval: '5m' },
}

export const telling = proxyActivities<Pick<Activities, 'tellCommit' | 'showPlan'>>({
  ...ends,
  ...others,
  startToCloseTimeout: '2m',
})

/** A slow program takes seconds for each event of many. */
export const sending = proxyActivities<Pick<Activities, 'sendEvents'>>({
  ...alive,
  ...others,
  startToCloseTimeout: '1h',
})

/** The next word waits for this one: of a worker that died with it, it must not wait for long. */
export const showing = proxyActivities<Pick<Activities, 'reportRelease'>>({
  ...ends,
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

export const reporting = proxyActivities<Pick<Activities, 'reportApp' | 'loadApp'>>({
  ...ends,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

/** After a storm of pushes there is a hundred to write of. */
export const closing = proxyActivities<Pick<Activities, 'closeReleases'>>({
  ...alive,
  startToCloseTimeout: '5m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})
