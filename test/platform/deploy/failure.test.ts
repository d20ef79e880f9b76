import { expect, test } from 'vitest'
import { hopeless } from '../../../platform/deploy/failure.ts'
import type { Condition, ContainerStatus, Deployment, Pod } from '../../../platform/kinds.ts'

const start = Date.UTC(2026, 0, 1)
const startTime = new Date(start).toISOString()
const seconds = (count: number) => start + count * 1000

const aDeployment = (...conditions: Condition[]): Deployment => ({
  metadata: { namespace: 'default', name: 'shop-1' },
  spec: {},
  status: { conditions },
})
const aPod = (state: Partial<ContainerStatus>): Pod => ({
  metadata: { namespace: 'default', name: 'shop-1-x' },
  status: { startTime, containerStatuses: [{ name: 'app', ready: false, restartCount: 0, ...state }] },
})
const waits = (reason: string, message = 'why') => ({ state: { waiting: { reason, message } } })

test('pods that start have hope', () => {
  expect(hopeless(aDeployment(), [], seconds(300))).toBeUndefined()
  expect(hopeless(aDeployment(), [aPod(waits('ContainerCreating'))], seconds(300))).toBeUndefined()
})

test('an image that cannot be pulled is given a moment: registries recover', () => {
  const pods = [aPod(waits('ImagePullBackOff', 'not found'))]
  expect(hopeless(aDeployment(), pods, seconds(29))).toBeUndefined()
  expect(hopeless(aDeployment(), pods, seconds(31))).toBe('pod shop-1-x: ImagePullBackOff: not found')
})

test('an image whose name is wrong is given none', () => {
  expect(hopeless(aDeployment(), [aPod(waits('InvalidImageName'))], seconds(0))).toContain('InvalidImageName')
})

test('three crashes are the revision’s own', () => {
  const crashed = (restartCount: number, reason = 'Error') =>
    aPod({ ...waits('CrashLoopBackOff'), restartCount, lastState: { terminated: { exitCode: 3, reason } } })
  expect(hopeless(aDeployment(), [crashed(2)], seconds(60))).toBeUndefined()
  expect(hopeless(aDeployment(), [crashed(3)], seconds(60))).toBe(
    'pod shop-1-x: CrashLoopBackOff: ended 3 times with code 3; see its log',
  )
  expect(hopeless(aDeployment(), [crashed(3, 'OOMKilled')], seconds(60))).toContain('out of memory')
})

test('a pod that is being removed says nothing of the revision', () => {
  const pod = aPod(waits('InvalidImageName'))
  const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: startTime } }
  expect(hopeless(aDeployment(), [leaving], seconds(60))).toBeUndefined()
})

test('denied pods are a failure once the quota had time to be freed', () => {
  const denied = aDeployment({
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: 'exceeded quota: small',
    lastTransitionTime: startTime,
  })
  expect(hopeless(denied, [], seconds(10))).toBeUndefined()
  expect(hopeless(denied, [], seconds(31))).toBe('pods are denied: exceeded quota: small')
})

test('no progress for too long is a failure', () => {
  const late = aDeployment({
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'slow',
  })
  expect(hopeless(late, [], seconds(300))).toBe('ProgressDeadlineExceeded: slow')
})
