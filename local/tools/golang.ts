// What is built here from published Go modules: Kubernetes with CoreDNS, BuildKit, the pause program.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { logOf, paths } from '../paths.ts'
import { ask, run } from '../process.ts'
import { gatewayApiSum, versions } from '../versions.ts'
import { cached } from './cache.ts'
import { download } from './download.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
const source = (name: string): string => join(paths.root, 'local', name)
const kubernetesPrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
] as const

type Note = (text: string) => void
export type KubernetesTools = Readonly<Record<(typeof kubernetesPrograms)[number] | 'coredns', string>>

/** Every Kubernetes program and CoreDNS: the official ones where they can be had, else built into one binary. */
export async function kubernetesTools(note: Note): Promise<KubernetesTools> {
  const key = keyOf('kubernetes', ['main.go', 'go.mod', 'go.sum'])
  const folder = await cached(`kubernetes-${versions.kubernetes}-${key}`, async (draft) => {
    note('looking for the official programs')
    if (await officialKubernetes(draft)) return
    await build('kubernetes', note, [...kubernetesFlags(), '-o', join(draft, 'kube'), '.'])
    for (const name of [...kubernetesPrograms, 'coredns']) symlinkSync('kube', join(draft, name))
  })
  const program = (name: string) => join(folder, name)
  return {
    'kube-apiserver': program('kube-apiserver'),
    'kube-controller-manager': program('kube-controller-manager'),
    'kube-scheduler': program('kube-scheduler'),
    'kube-proxy': program('kube-proxy'),
    kubelet: program('kubelet'),
    kubectl: program('kubectl'),
    coredns: program('coredns'),
  }
}

/** buildkitd and buildctl, in one folder. */
export function buildkitTools(note: Note): Promise<string> {
  return cached(`buildkit-${versions.buildkit}-${keyOf('buildkit', ['go.mod', 'go.sum'])}`, async (draft) => {
    const main = 'github.com/moby/buildkit'
    const flags = `-s -w -X ${main}/version.Version=v${versions.buildkit}`
    await build('buildkit', note, [
      '-ldflags',
      flags,
      '-o',
      `${draft}/`,
      `${main}/cmd/buildkitd`,
      `${main}/cmd/buildctl`,
    ])
  })
}

export async function pauseProgram(note: Note): Promise<string> {
  const folder = await cached(
    `pause-${versions.pause}-${keyOf('kubernetes', ['pause/main.go'])}`,
    async (draft) => {
      await build('kubernetes', note, ['-ldflags', '-s -w', '-o', join(draft, 'pause'), './pause'])
    },
  )
  return join(folder, 'pause')
}

/** The folder with the Gateway API's resource definitions, as its module publishes them. */
export async function gatewayApiDefinitions(): Promise<string> {
  const folder = await cached(`gateway-api-${versions.gatewayApi}`, async (draft) => {
    const module = `sigs.k8s.io/gateway-api@v${versions.gatewayApi}`
    const { stdout } = await run(['go', 'mod', 'download', '-json', module], {
      cwd: draft,
      env: goEnvironment,
      timeout: 120_000,
    })
    const { Dir, Sum } = JSON.parse(stdout) as { Dir: string; Sum: string }
    if (Sum !== gatewayApiSum)
      throw new Error(`${module} is not what it was: its sum is ${Sum}, expected ${gatewayApiSum}`)
    await run(['cp', '-r', '--no-preserve=mode', join(Dir, 'config/crd/standard'), join(draft, 'crds')])
  })
  return join(folder, 'crds')
}

export async function goVersion(): Promise<string | undefined> {
  return (await ask(['go', 'version']))?.trim()
}

const goEnvironment = {
  CGO_ENABLED: '0',
  GOFLAGS: '-buildvcs=false',
  GOWORK: 'off',
  GOGC: 'off',
  GOMEMLIMIT: '3GiB',
}

/** Minutes the first time, for every package is compiled; seconds when Go's own cache is warm. */
async function build(module: string, note: Note, args: readonly string[]): Promise<void> {
  let packages = 0
  note('building from published modules')
  await run(['go', 'build', '-v', '-mod=readonly', '-trimpath', ...args], {
    cwd: source(module),
    env: goEnvironment,
    log: logOf(`build-${module}`),
    timeout: 1_800_000,
    onOutput: (text) => {
      packages += text.split('\n').filter((line) => !line.startsWith('go: downloading')).length - 1
      note(`building from published modules, ${packages} packages compiled`)
    },
  })
  note('built from published modules')
}

function kubernetesFlags(): string[] {
  const [major, minor] = versions.kubernetes.split('.')
  const values = {
    gitVersion: `v${versions.kubernetes}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  }
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((where) =>
    Object.entries(values).map(([name, value]) => `-X ${where}.${name}=${value}`),
  )
  return ['-ldflags', ['-s', '-w', ...flags].join(' ')]
}

async function officialKubernetes(folder: string): Promise<boolean> {
  const release = `https://dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${arch}`
  for (const name of kubernetesPrograms) {
    if (!(await download(`${release}/${name}`, join(folder, name)))) return false
  }
  const name = `coredns_${versions.coredns}_linux_${arch}.tgz`
  const archive = join(folder, name)
  const coredns = `https://github.com/coredns/coredns/releases/download/v${versions.coredns}/${name}`
  if (!(await download(coredns, archive))) return false
  await run(['tar', '-xzf', archive, '-C', folder, 'coredns'])
  return existsSync(join(folder, 'coredns'))
}

/** The same sources make the same name in the cache. */
function keyOf(module: string, files: readonly string[]): string {
  mkdirSync(paths.cache, { recursive: true })
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(source(module), file)))
  return hash.digest('hex').slice(0, 12)
}
