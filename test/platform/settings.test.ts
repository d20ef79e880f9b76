import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apiSettings, readSecret, workerSettings } from '../../platform/settings.ts'

const worker = {
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  SLIPWAY_PROMETHEUS_URL: 'http://127.0.0.1:9090/',
  SLIPWAY_GATEWAY: 'slipway-gateway/slipway',
  SLIPWAY_GATEWAY_URL: 'http://127.0.0.1:8081',
  SLIPWAY_REGISTRY: '10.244.0.1:5000',
  SLIPWAY_BUILD_IMAGE: '10.244.0.1:5000/slipway/buildkit:0.34.2',
}

describe('settings', () => {
  test('the worker’s, with what is not said filled in', () => {
    expect(workerSettings(worker)).toEqual({
      kubeconfig: undefined,
      temporal: { address: '127.0.0.1:7233', namespace: 'default' },
      appNamespace: 'default',
      prometheusUrl: 'http://127.0.0.1:9090',
      gateway: { namespace: 'slipway-gateway', name: 'slipway' },
      gatewayUrl: 'http://127.0.0.1:8081',
      registry: { host: '10.244.0.1:5000', insecure: false },
      build: { image: '10.244.0.1:5000/slipway/buildkit:0.34.2', namespace: 'slipway-builds' },
      git: { url: undefined, fetchTokenFile: undefined },
      github: undefined,
      hooks: { keyFile: undefined, loopback: false },
      events: { sink: undefined, overrides: undefined },
      pageUrl: undefined,
      appAddress: 'https://{host}',
      listen: [{ host: '127.0.0.1', port: 8091 }],
      telemetryListen: { host: '127.0.0.1', port: 8092 },
    })
  })

  test('the api’s: several listeners, IPv6 among them', () => {
    const environment = { TEMPORAL_ADDRESS: 'temporal:7233', SLIPWAY_LISTEN: '127.0.0.1:8090, [::1]:8090' }
    expect(apiSettings(environment).listen).toEqual([
      { host: '127.0.0.1', port: 8090 },
      { host: '::1', port: 8090 },
    ])
  })

  test('the GitHub App is whole or is not', () => {
    const app = { SLIPWAY_GITHUB_APP_ID: '7', SLIPWAY_GITHUB_KEY_FILE: '/keys/app.pem' }
    const url = 'https://ghes.example.com/api/v3'
    const there = { url: 'https://api.github.com', appId: 7, keyFile: '/keys/app.pem' }
    expect(workerSettings({ ...worker, ...app }).github).toEqual(there)
    const api = { TEMPORAL_ADDRESS: 'temporal:7233' }
    expect(apiSettings({ ...api, ...app, SLIPWAY_GITHUB_URL: `${url}/` }).github).toEqual({ ...there, url })
    expect(apiSettings({ ...api, SLIPWAY_GITHUB_URL: url }).github).toBeUndefined()
  })

  test.for([
    ['SLIPWAY_GITHUB_APP_ID', { SLIPWAY_GITHUB_KEY_FILE: '/keys/app.pem' }],
    ['SLIPWAY_GITHUB_KEY_FILE', { SLIPWAY_GITHUB_APP_ID: '7' }],
  ] as const)('a GitHub App without %s is refused', ([missing, half]) => {
    expect(() => workerSettings({ ...worker, ...half })).toThrow(`${missing} is missing`)
    expect(() => apiSettings({ TEMPORAL_ADDRESS: 'temporal:7233', ...half })).toThrow(`${missing} is missing`)
  })

  test('names every variable that is wrong, and repeats no value', () => {
    const wrong = {
      ...worker,
      TEMPORAL_ADDRESS: '',
      SLIPWAY_GATEWAY: 'hunter2',
      SLIPWAY_REGISTRY_INSECURE: 'yes',
    }
    expect(() => workerSettings(wrong)).toThrow(
      'cannot start the worker: TEMPORAL_ADDRESS is missing; SLIPWAY_GATEWAY must be <namespace>/<name>; SLIPWAY_REGISTRY_INSECURE must be true or false.',
    )
  })

  test.for([
    ['SLIPWAY_PROMETHEUS_URL', 'http://user:hunter2@prometheus'],
    ['SLIPWAY_PROMETHEUS_URL', 'file:///etc/passwd'],
    ['SLIPWAY_PROMETHEUS_URL', 'prometheus'],
    ['SLIPWAY_LISTEN', '127.0.0.1'],
    ['SLIPWAY_LISTEN', '127.0.0.1:99999'],
    ['SLIPWAY_KUBECONFIG', 'kubeconfig'],
    ['SLIPWAY_PAGE_URL', 'slipway.example.com'],
    ['SLIPWAY_PAGE_URL', 'javascript:alert(1)'],
    ['SLIPWAY_PAGE_URL', 'https://user:hunter2@slipway.example.com'],
    ['SLIPWAY_PAGE_URL', 'https://slipway.example.com/releases'],
    ['SLIPWAY_PAGE_URL', 'https://slipway.example.com/?token=hunter2'],
    ['SLIPWAY_PAGE_URL', 'https://slipway.example.com#here'],
  ] as const)('refuses %s=%s', ([name, value]) => {
    const attempt = () => workerSettings({ ...worker, [name]: value })
    expect(attempt).toThrow(name)
    expect(attempt).not.toThrow('hunter2')
  })

  test.for([
    ['https://slipway.example.com/', 'https://slipway.example.com'],
    ['HTTP://127.0.0.1:8090', 'http://127.0.0.1:8090'],
  ] as const)('the page is at %s', ([SLIPWAY_PAGE_URL, pageUrl]) => {
    expect(workerSettings({ ...worker, SLIPWAY_PAGE_URL }).pageUrl).toBe(pageUrl)
  })

  test('a secret is read from its file, without the last line’s end', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'token')
    writeFileSync(file, 's3cret\n')
    expect(readSecret(file)).toBe('s3cret')
    writeFileSync(file, '\n')
    expect(() => readSecret(file)).toThrow(file)
  })
})
