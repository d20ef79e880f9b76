// Why a build failed, from pods and logs as clusters leave them.
import { describe, expect, it } from 'vitest'
import { explain, explainJob, stuck } from '../../../platform/build/failure.ts'
import { buildLimits } from '../../../platform/build/job.ts'
import type { Pod } from '../../../platform/kinds.ts'

const limits = { limits: buildLimits, deadline: 1800, context: '.' }
const metadata = { name: 'build', namespace: 'slipway-builds' }
const podThatEnded = (exitCode: number, status: Pod['status'] = {}, reason = 'Error'): Pod => ({
  metadata,
  status: {
    phase: 'Failed',
    containerStatuses: [
      { name: 'build', ready: false, restartCount: 0, state: { terminated: { exitCode, reason } } },
    ],
    ...status,
  },
})
const logOfStep = (code: number) => `#6 [2/3] RUN npm ci
#6 0.312 npm error
#6 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: ${code}
------
 > [2/3] RUN npm ci:
0.312 npm error
------
Dockerfile:2
--------------------
   1 |     FROM node
   2 | >>> RUN npm ci
--------------------
error: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: ${code}
`

describe('explain', () => {
  it('names the step, its exit code and its line', () => {
    expect(explain(podThatEnded(1), logOfStep(7), limits)).toEqual({
      fault: 'commit',
      message: 'step [2/3] RUN npm ci ended with exit code 7 (Dockerfile:2)',
    })
  })

  it('names the place in the repository, not in the folder that is built', () => {
    const { message } = explain(podThatEnded(1), logOfStep(7), { ...limits, context: 'services/shop/' })
    expect(message).toMatch(/\(services\/shop\/Dockerfile:2\)$/)
  })

  it('names the limit when a step was killed', () => {
    expect(explain(podThatEnded(1), logOfStep(137), limits).message).toContain('2Gi of memory')
  })

  it.each([
    ['dockerfile parse error on line 2: unknown instruction: FRM (did you mean FROM?)', 'commit'],
    ['failed to read dockerfile: open Dockerfile: no such file or directory', 'commit'],
    [
      'node:99: failed to resolve source metadata for node:99: docker.io/library/node:99: not found',
      'commit',
    ],
    ['failed to do request: Head "https://nowhere/": dial tcp: lookup nowhere: no such host', 'commit'],
    ['failed to fetch remote https://h/r.git: git stderr:\nfatal: remote error: not our ref 3f', 'commit'],
    ['failed to fetch remote https://h/r.git: git stderr:\nfatal: could not read Username', 'cluster'],
    [
      'failed to push r/x: errors: unknown: provided digest did not match uploaded content unknown: blob unknown to registry',
      'cluster',
    ],
    [
      'failed to push r/x: failed to do request: dial tcp 10.0.0.1:5000: connect: connection refused',
      'cluster',
    ],
    [
      'failed to fetch anonymous token: unexpected status from GET request: 503 Service Unavailable',
      'cluster',
    ],
    ['failed to do request: Head "https://r/": net/http: TLS handshake timeout', 'cluster'],
  ])('tells whose fault it is: %s', (error, fault) => {
    const failure = explain(podThatEnded(1), `#1 something\nerror: failed to solve: ${error}\n`, limits)
    expect(failure.fault).toBe(fault)
    expect(error.replaceAll('\n', ' ')).toContain(failure.message)
  })

  it('leaves out the words about the inside of BuildKit', () => {
    const error =
      'failed to compute cache key: failed to calculate checksum of ref a::b: "/missing": not found'
    const log = `#5 x\nDockerfile:2\n--------------------\n   1 |\n--------------------\nerror: failed to solve: ${error}\n`
    expect(explain(podThatEnded(1), log, limits).message).toBe('"/missing": not found (Dockerfile:2)')
  })

  it('does not take what a step printed for what BuildKit says', () => {
    const log = logOfStep(1).replace('0.312 npm error', 'connect: connection refused')
    expect(explain(podThatEnded(1), log, limits).fault).toBe('commit')
  })

  it.each([
    [podThatEnded(137, {}, 'OOMKilled'), 'commit', 'more memory than the build'],
    [podThatEnded(76), 'commit', 'more memory than the build'],
    [podThatEnded(137, { reason: 'DeadlineExceeded' }), 'commit', 'longer than 1800 s'],
    [
      podThatEnded(137, {
        reason: 'Evicted',
        message: 'Usage of EmptyDir volume "state" exceeds the limit "10Gi". ',
      }),
      'commit',
      'more disk than the build',
    ],
    [
      podThatEnded(137, { reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      'cluster',
      'low on resource',
    ],
    [podThatEnded(75), 'cluster', 'exit code 75'],
    [{ metadata, status: { phase: 'Failed', reason: 'NodeLost' } }, 'cluster', 'NodeLost'],
  ])('reads the pod: case %#', (pod, fault, message) => {
    const failure = explain(pod, '', limits)
    expect(failure.message).toContain(message)
    expect(failure.fault).toBe(fault)
  })
})

describe('stuck', () => {
  const waiting = (reason: string): Pod => ({
    metadata,
    status: {
      phase: 'Pending',
      containerStatuses: [
        { name: 'build', ready: false, restartCount: 0, state: { waiting: { reason, message: 'because' } } },
      ],
    },
  })
  it('gives up on a pod that cannot start, and on no other', () => {
    expect(stuck(waiting('ImagePullBackOff'))?.message).toContain('ImagePullBackOff: because')
    expect(stuck(waiting('ContainerCreating'))).toBeUndefined()
    expect(stuck({ metadata })).toBeUndefined()
  })
})

describe('explainJob', () => {
  it('says why a Job without a pod failed', () => {
    const job = (type: string) => ({
      metadata,
      spec: {},
      status: {
        conditions: [{ type, status: 'True' as const, reason: 'DeadlineExceeded', message: 'too long' }],
      },
    })
    expect(explainJob(job('Failed'))?.message).toContain('DeadlineExceeded too long')
    expect(explainJob(job('Complete'))).toBeUndefined()
  })
})
