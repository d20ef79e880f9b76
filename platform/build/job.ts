// One build as a Job: a BuildKit of its own for one commit, gone afterwards. Pure: no client in sight.
import { createHash, randomBytes } from 'node:crypto'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import { type Plan, releaseName } from '../../domain/release.ts'
import type { Job } from '../kinds.ts'
import type { Named } from '../kubernetes.ts'
import { isUnder, repositoryUrl } from '../source/repository.ts'

export interface BuildSettings {
  readonly namespace: string
  /** Holds `buildkitd`, `buildctl`, `git`, `runc` and a shell. */
  readonly image: string
  readonly registry: { readonly host: string; readonly insecure: boolean }
  /** The built-in git remote, and the Secret in the build namespace with the token that reads it, if it asks for one. */
  readonly git?: { readonly url: string; readonly secret?: SecretKey }
  /** Where else plain http is spoken. */
  readonly plainHttpUnder?: readonly string[]
  /** Seconds that one build may take. */
  readonly deadline?: number
  /** Seconds that a finished Job stays, so that its log can be read. */
  readonly keepFor?: number
  readonly limits?: BuildLimits
  /** `user-namespace`: root in the build is nobody on the node; needs Kubernetes ≥ 1.33, Linux ≥ 6.3, containerd ≥ 2. */
  readonly isolation?: 'privileged' | 'user-namespace'
}

export interface BuildLimits {
  readonly cpu: string
  readonly memory: string
  readonly storage: string
}

/** One value of a Secret in the build namespace. */
export interface SecretKey {
  readonly name: string
  readonly key: string
}

export const buildLimits: BuildLimits = { cpu: '2', memory: '2Gi', storage: '10Gi' }
export const buildDeadline = 30 * 60
/** Where the installation keeps the token. */
export const gitSecret: SecretKey = { name: 'slipway-git', key: 'token' }

/** The container of a build's pod. */
export const buildContainer = 'build'
/** How the script below ends when BuildKit did not begin, or did not live to the end; 1 is the build's own failure. */
export const exitCodes = { notStarted: 75, died: 76 } as const

/** Found by these: `slipway.dev/app` and `slipway.dev/release`, in the App's own namespace's name. */
export const buildLabels = ({ release }: Pick<Plan, 'release'>) => ({
  'app.kubernetes.io/managed-by': 'slipway',
  'slipway.dev/namespace': release.app.namespace,
  'slipway.dev/app': release.app.name,
  'slipway.dev/release': releaseName(release),
  'slipway.dev/commit': release.sha,
})

export const imageRepository = ({ release: { app } }: Plan, { registry }: BuildSettings): string =>
  `${registry.host}/${app.namespace}/${app.name}`

/**
 * The Job that builds the plan's commit. The same build has the same name, so that whoever comes second finds the first.
 * `token`: a Secret of its own with what reads the repository; the pod waits until it exists.
 */
export function buildJob(plan: Plan, settings: BuildSettings, token?: SecretKey): Named<Job> {
  const labels = buildLabels(plan)
  const deadline = settings.deadline ?? buildDeadline
  return {
    metadata: { name: jobName(plan, settings), namespace: settings.namespace, labels },
    spec: {
      // Trying again is decided outside, where it is known why the last try failed.
      backoffLimit: 0,
      // The pod's own deadline comes first and leaves the pod and its log; this one ends what never became a running pod.
      activeDeadlineSeconds: deadline + 120,
      ttlSecondsAfterFinished: settings.keepFor ?? 3600,
      template: { metadata: { labels }, spec: podSpec(plan, settings, { deadline, token }) },
    },
  }
}

/** The Secret that a Job was made to wait for: named when it was made, so that another try of it makes the very same. */
export function tokenSecret(job: Job): SecretKey | undefined {
  const { template } = job.spec as { template: { spec: Pick<ReturnType<typeof podSpec>, 'volumes'> } }
  for (const volume of template.spec.volumes) {
    if (volume.name !== 'git' || !('secret' in volume)) continue
    const { secretName, items } = volume.secret
    if (secretName.startsWith(ownTokens)) return { name: secretName, key: items[0]?.key ?? '' }
  }
  return undefined
}

const ownTokens = 'git-token-'

/** A name that no other Job's Secret has: that of an ended one may be on its way out still. */
export const newTokenSecret = (): SecretKey => ({
  name: `${ownTokens}${randomBytes(8).toString('hex')}`,
  key: 'token',
})

function jobName(plan: Plan, settings: BuildSettings): string {
  const { app, sha } = plan.release
  const what = [imageRepository(plan, settings), plan.repository, sha, plan.spec.build]
  const hash = createHash('sha256').update(canonicalJson(what)).digest('hex').slice(0, 8)
  return `${app.name.slice(0, 40)}-${sha.slice(0, 7)}-${hash}`
}

function podSpec(
  plan: Plan,
  settings: BuildSettings,
  { deadline, token }: { readonly deadline: number; readonly token: SecretKey | undefined },
) {
  const limits = settings.limits ?? buildLimits
  const { dockerfile } = plan.spec.build
  const { volumes, mounts, tokenId } = gitCredentials(plan, token ?? builtInToken(plan, settings))
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: deadline,
    // Nothing in a build is worth waiting for when it is to end.
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.isolation === 'user-namespace' ? { hostUsers: false } : {}),
    containers: [
      {
        name: buildContainer,
        image: settings.image,
        imagePullPolicy: 'IfNotPresent',
        // What comes from the repository is handed over as words; none of it is ever part of the script.
        command: ['sh', '-c', script, 'build'],
        args: buildWords(plan, settings).map(literal),
        env: [
          { name: 'BUILDKIT_HOST', value: 'unix:///run/buildkit/buildkitd.sock' },
          { name: 'BUILDKIT_STEP_LOG_MAX_SIZE', value: '1048576' },
          { name: 'BUILDKITD_CONFIG', value: daemonConfig(settings) },
          { name: 'SOURCE', value: literal(gitContext(plan, settings)) },
          { name: 'DOCKERFILE', value: literal(pathInside(dockerfile, 'build.dockerfile') || 'Dockerfile') },
          { name: 'GIT_TOKEN_ID', value: tokenId },
        ],
        resources: {
          requests: { cpu: '250m', memory: '256Mi', 'ephemeral-storage': '1Gi' },
          limits: { cpu: limits.cpu, memory: limits.memory, 'ephemeral-storage': limits.storage },
        },
        securityContext: { privileged: true },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [{ name: 'state', mountPath: '/var/lib/buildkit' }, ...mounts],
      },
    ],
    volumes: [{ name: 'state', emptyDir: { sizeLimit: limits.storage } }, ...volumes],
  }
}

/**
 * Starts the daemon, builds, and leaves the digest where it shows in the pod's status. The token serves only the first
 * of two calls, which fetches the commit and runs nothing: a step of the Dockerfile could ask the second for its secrets.
 * With a command line given, a Dockerfile's "# syntax=" is a comment: no other frontend is downloaded and run.
 */
const script = `set -eu
exec 2>&1
printf '%s' "$BUILDKITD_CONFIG" > /tmp/buildkitd.toml
buildkitd --config /tmp/buildkitd.toml --addr "$BUILDKIT_HOST" > /tmp/buildkitd.log 2>&1 &
daemon=$!
tries=0
until buildctl debug workers > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 200 ] || ! kill -0 "$daemon" 2> /dev/null; then
    echo 'BuildKit did not start:'
    tail -n 20 /tmp/buildkitd.log
    exit ${exitCodes.notStarted}
  fi
  sleep 0.1
done
build() {
  buildctl build --progress=plain --frontend=dockerfile.v0 --opt=cmdline=dockerfile.v0 \\
    --opt="context=$SOURCE" --opt="filename=$DOCKERFILE" "$@" && return
  kill -0 "$daemon" 2> /dev/null || exit ${exitCodes.died}
  exit 1
}
if [ -n "$GIT_TOKEN_ID" ]; then
  build --secret="id=$GIT_TOKEN_ID,src=/run/slipway/git/token" --opt=requestid=frontend.targets > /dev/null
fi
build --metadata-file=/tmp/metadata.json "$@"
sed -n 's/.*"containerimage.digest": *"\\(sha256:[0-9a-f]*\\)".*/\\1/p' /tmp/metadata.json > /dev/termination-log
`

function daemonConfig({ registry }: BuildSettings): string {
  const lines = ['root = "/var/lib/buildkit"']
  if (registry.insecure) lines.push(`[registry."${registry.host}"]`, 'http = true', 'insecure = true')
  return `${lines.join('\n')}\n`
}

function buildWords(plan: Plan, settings: BuildSettings): string[] {
  const { args, target } = plan.spec.build
  const image = imageRepository(plan, settings)
  const insecure = settings.registry.insecure ? ',registry.insecure=true' : ''
  const cache = `type=registry,ref=${image}:buildcache`
  return [
    ...(target === '' ? [] : [`--opt=target=${target}`]),
    ...Object.entries(args)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `--opt=build-arg:${argName(name)}=${value}`),
    '--opt=attest:provenance=mode=min',
    `--import-cache=${cache}${insecure}`,
    `--export-cache=${cache},mode=max,ignore-error=true${insecure}`,
    `--output=type=image,name=${image}:${plan.release.sha},push=true,oci-mediatypes=true${insecure}`,
  ]
}

/** BuildKit fetches the commit itself: what it builds is what the checksum says, and the provenance names it. */
function gitContext({ repository, release: { sha }, spec }: Plan, settings: BuildSettings): string {
  const { git, plainHttpUnder = [] } = settings
  const url = repositoryUrl(repository, [...(git ? [git.url] : []), ...plainHttpUnder])
  // Only an address that ends so is git to BuildKit; any other would be fetched as an archive.
  if (!url.pathname.endsWith('.git')) url.pathname += '.git'
  const subdir = pathInside(spec.build.context, 'build.context')
  const query = { ref: sha, checksum: sha, submodules: 'false', ...(subdir === '' ? {} : { subdir }) }
  return `${url.href}?${new URLSearchParams(query)}`
}

/** Kubernetes replaces `$(NAME)` in a container's words and variables; ours are meant as they are. */
const literal = (word: string): string => word.replaceAll('$', '$$$$')

/** The token goes to the built-in remote and to no other host. */
const builtInToken = ({ repository }: Plan, { git }: BuildSettings): SecretKey | undefined =>
  git && isUnder(git.url, repository) ? git.secret : undefined

function gitCredentials({ repository }: Plan, token: SecretKey | undefined) {
  if (token === undefined) return { volumes: [], mounts: [], tokenId: '' }
  const { name, key } = token
  const items = [{ key, path: 'token', mode: 0o400 }]
  return {
    volumes: [{ name: 'git', secret: { secretName: name, items } }],
    mounts: [{ name: 'git', mountPath: '/run/slipway/git', readOnly: true }],
    tokenId: `GIT_AUTH_TOKEN.${new URL(repository).host}`,
  }
}

/** A path below the folder it is meant in, without `.` for the folder itself. */
function pathInside(path: string, field: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (path.startsWith('/') || segments.includes('..') || /\p{Cc}/u.test(path)) {
    throw new PermanentFailure(
      'InvalidManifest',
      `${field} is ${JSON.stringify(path)}: not a path inside the repository`,
    )
  }
  return segments.join('/')
}

/** BuildKit takes some arguments as orders to itself; those are not the App's to give. */
function argName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^BUILDKIT_/i.test(name)) return name
  throw new PermanentFailure(
    'InvalidManifest',
    `build.args has ${JSON.stringify(name)}: a name is letters, digits and _, and BUILDKIT_… is reserved`,
  )
}
