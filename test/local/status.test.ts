// The table says of each part what it does, and where people go.
import { expect, test } from 'vitest'
import { addresses, images } from '../../local/addresses.ts'
import type { State } from '../../local/state.ts'
import { aligned, table } from '../../local/status.ts'

const state: State = {
  running: false,
  root: '/src/slipway',
  kubeconfig: '/state/kubeconfig',
  kubectl: '/state/bin/kubectl',
  addresses,
  images,
  git: { url: 'http://127.0.0.1:8090/git', pushTokenFile: '/state/push', fetchTokenFile: '/state/fetch' },
  hookKeyFile: '/state/hook',
  eventsTokenFile: '/state/events',
  github: undefined,
  webhookSecretFile: '/state/webhook',
  temporalDatabase: '/state/temporal.db',
  auditLog: '/state/log/audit.log',
  log: '/state/log',
  parts: {
    etcd: { state: 'running', pid: 71, log: '/state/log/etcd.log' },
    worker: { state: 'stopped', pid: null, log: '/state/log/worker.log' },
    api: { state: 'not answering', pid: 72, log: '/state/log/api.log' },
  },
}

test('each part has its line, then the addresses', () => {
  const lines = table(state).split('\n')
  expect(lines.slice(0, 4)).toEqual([
    'PART    STATE          PID  LOG',
    'etcd    running        71   /state/log/etcd.log',
    'worker  stopped        -    /state/log/worker.log',
    'api     not answering  72   /state/log/api.log',
  ])
  expect(lines).toContainEqual(
    expect.stringMatching(/^git remote +http:\/\/127.0.0.1:8090\/git\/<app>.git .*\/state\/push/),
  )
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^releases +http:\/\/127.0.0.1:8090\/ .* --kubeconfig \/state\/kubeconfig create token/,
    ),
  )
  expect(lines).toContainEqual(
    expect.stringMatching(/^kubectl +\/state\/bin\/kubectl --kubeconfig \/state\/kubeconfig$/),
  )
})

test('a machine without Slipway is told how to start it', () => {
  expect(table({ ...state, parts: {} })).toContain('npm run up')
})

test('columns are as wide as their widest cell, and lines end with their words', () => {
  expect(
    aligned([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
  ).toBe('a    bb\nccc')
})
