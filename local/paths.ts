// Where the machine's state and the tools lie.
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const state = process.env.SLIPWAY_STATE ?? '/var/lib/slipway'
const cache =
  process.env.SLIPWAY_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'slipway')
const run = process.env.SLIPWAY_STATE === undefined ? '/run/slipway' : join(state, 'run')

/** The clone this program was built from: the nearest folder upwards that holds package.json. */
const root = join(
  dirname(fileURLToPath(import.meta.url)),
  import.meta.url.includes('/dist/local/') ? '../..' : '..',
)

export const paths = {
  root,
  state,
  cache,
  /** Sockets and mounts: gone after a restart of the machine, as they should be. */
  run,
  stateFile: join(state, 'state.json'),
  lock: join(state, 'lock'),
  log: join(state, 'log'),
  bin: join(state, 'bin'),
  certificates: join(state, 'certificates'),
  kubeconfigs: join(state, 'kubeconfigs'),
  kubeconfig: join(state, 'kubeconfig'),
  secrets: join(state, 'secrets'),
  config: join(state, 'config'),
  containerdSocket: join(run, 'containerd', 'containerd.sock'),
  git: join(state, 'git'),
  /** The repositories of the local GitHub. */
  github: join(state, 'github'),
  temporalDatabase: join(state, 'temporal.db'),
  /** What Prometheus reads of pods, kept by a part of its own. */
  podTargets: join(state, 'config', 'pod-targets.json'),
  auditLog: join(state, 'log', 'audit.log'),
} as const

export const secretFiles = {
  gitPush: join(paths.secrets, 'git-push-token'),
  gitFetch: join(paths.secrets, 'git-fetch-token'),
  webhook: join(paths.secrets, 'webhook-secret'),
  /** What requests to hooks are signed with: its text is base64 too. */
  hook: join(paths.secrets, 'hook-key'),
  /** What a program shows that sends events. */
  events: join(paths.secrets, 'events-token'),
  /** What the local GitHub's two people push with. */
  githubAna: join(paths.secrets, 'github-ana'),
  githubBo: join(paths.secrets, 'github-bo'),
} as const

/** What the local GitHub knows Slipway's App by: its number, and the key that proves it. */
export const githubAppId = 4242
export const githubKey = join(paths.secrets, 'github-app-key.pem')

export const logOf = (part: string): string => join(paths.log, `${part}.log`)
export const kubeconfigOf = (user: string): string => join(paths.kubeconfigs, user)
export const certificateOf = (name: string): { cert: string; key: string } => ({
  cert: join(paths.certificates, `${name}.crt`),
  key: join(paths.certificates, `${name}.key`),
})
