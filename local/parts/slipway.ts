// Slipway's own two programs, under the ServiceAccounts that its install gives them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addresses, health, images, network, registry } from '../addresses.ts'
import { githubAppId, githubKey, kubeconfigOf, paths, secretFiles } from '../paths.ts'
import { readStateFile } from '../state.ts'
import { notAnswering } from './answers.ts'
import { built } from './built.ts'
import type { Part } from './part.ts'

export const accounts = { worker: 'slipway-worker', api: 'slipway-api' } as const

export function worker(): Part {
  return {
    ...program('worker', accounts.worker),
    title: "Slipway's worker",
    env: {
      ...settings(accounts.worker),
      SLIPWAY_LISTEN: listens([addresses.worker]),
      SLIPWAY_HOOK_KEY_FILE: secretFiles.hook,
      SLIPWAY_PAGE_URL: addresses.api,
      SLIPWAY_APP_ADDRESS: `http://{host}:${new URL(addresses.app).port}`,
      // Everything runs on this machine here, so hooks that people try out do too.
      SLIPWAY_HOOKS_ON_LOOPBACK: 'true',
    },
    missing: () => notAnswering(health.worker),
  }
}

export function api(): Part {
  return {
    ...program('api', accounts.api),
    title: "Slipway's API",
    urgent: true,
    env: {
      ...settings(accounts.api),
      SLIPWAY_LISTEN: listens([addresses.api, `http://${network.host}:8090`]),
    },
    missing: () => notAnswering(health.api),
  }
}

/** The rest of what is built is none of theirs. */
const sources = ['domain', 'workflows', 'activities', 'platform', 'worker', 'api', 'dashboard']

function program(name: 'worker' | 'api', account: string) {
  const main = join(paths.root, 'dist', name, 'main.js')
  if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` and look at what it says`)
  // A new token restarts its owner too: it is read once.
  const also = `${built(sources)} ${readFileSync(kubeconfigOf(account), 'utf8')}`
  return { name, command: [process.execPath, '--enable-source-maps', main], also }
}

function settings(account: string): Record<string, string> {
  return {
    NODE_ENV: 'production',
    SLIPWAY_KUBECONFIG: kubeconfigOf(account),
    TEMPORAL_ADDRESS: addresses.temporal,
    TEMPORAL_NAMESPACE: 'default',
    SLIPWAY_PROMETHEUS_URL: addresses.prometheus,
    SLIPWAY_GATEWAY: 'slipway-gateway/slipway',
    SLIPWAY_GATEWAY_URL: addresses.gateway,
    SLIPWAY_REGISTRY: registry,
    SLIPWAY_REGISTRY_INSECURE: 'true',
    SLIPWAY_BUILD_IMAGE: images.buildkit,
    SLIPWAY_BUILD_NAMESPACE: 'slipway-builds',
    SLIPWAY_GIT_ROOT: paths.git,
    SLIPWAY_GIT_URL: addresses.git,
    SLIPWAY_GIT_PUSH_TOKEN_FILE: secretFiles.gitPush,
    SLIPWAY_GIT_FETCH_TOKEN_FILE: secretFiles.gitFetch,
    SLIPWAY_WEBHOOK_SECRET_FILE: secretFiles.webhook,
    SLIPWAY_EVENTS_TOKEN_FILE: secretFiles.events,
    SLIPWAY_APP_NAMESPACE: 'default',
    SLIPWAY_TELEMETRY_LISTEN: listens([addresses.workerTelemetry]),
    ...githubSettings(),
    ...sinkSettings(),
  }
}

function githubSettings(): Record<string, string> {
  if (!readStateFile().github) return {}
  return {
    SLIPWAY_GITHUB_URL: `${addresses.github}/api/v3`,
    SLIPWAY_GITHUB_APP_ID: String(githubAppId),
    SLIPWAY_GITHUB_KEY_FILE: githubKey,
  }
}

function sinkSettings(): Record<string, string> {
  const { sink } = readStateFile()
  return sink ? { K_SINK: sink } : {}
}

const listens = (urls: readonly string[]): string => urls.map((url) => new URL(url).host).join(',')
