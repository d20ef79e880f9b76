// Programs from Debian packages, unpacked into the cache: nothing is installed, no service is touched.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, run } from '../process.ts'
import { debianPrograms } from '../versions.ts'
import { cached } from './cache.ts'

type Program = keyof typeof debianPrograms
export type DebianTools = Readonly<Record<Program, string>> & {
  /** For programs that call others by name: runc, iptables, conntrack. */
  readonly path: string
  readonly ctr: string
  readonly cni: string
  readonly nft: string
  readonly iptablesSave: string
  readonly prometheusWeb: string
}

/** Packages without a program whose version could be asked for. */
const always = ['containernetworking-plugins', 'nftables']

/** Libraries that these programs need and a small machine may lack. */
const libraries = [
  'libip4tc2',
  'libip6tc2',
  'libxtables12',
  'libnetfilter-conntrack3',
  'libnfnetlink0',
  'libnftnl11',
  'libmnl0',
  'libnftables1',
  'libjansson4',
  'libedit2',
  'libbsd0',
  'libmd0',
]

/** What Prometheus' own page draws its graphs with. */
const prometheusPage = [
  'fonts-glyphicons-halflings',
  'libjs-bootstrap4',
  'libjs-eonasdan-bootstrap-datetimepicker',
  'libjs-jquery',
  'libjs-jquery-hotkeys',
  'libjs-moment',
  'libjs-moment-timezone',
  'libjs-mustache',
  'libjs-popper.js',
  'libjs-rickshaw',
  'libjs-d3',
]

/** Each program from the PATH when its version is a known one, else from its package. */
export async function debianTools(note: (text: string) => void = () => {}): Promise<DebianTools> {
  const found = await programsOnPath()
  const missing = (Object.keys(debianPrograms) as Program[]).filter((name) => found[name] === undefined)
  const programs = missing.map((name) => debianPrograms[name].package)
  const root = await unpacked([...programs, ...always, ...libraries, ...prometheusPage].sort(), note)
  const bin = join(root, 'bin')
  const program = (name: Program) => found[name] ?? join(bin, name)
  return {
    etcd: program('etcd'),
    containerd: program('containerd'),
    runc: program('runc'),
    'docker-registry': program('docker-registry'),
    prometheus: program('prometheus'),
    mmdebstrap: program('mmdebstrap'),
    conntrack: program('conntrack'),
    iptables: program('iptables'),
    path: [bin, '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
    ctr: join(dirname(program('containerd')), 'ctr'),
    cni: join(root, 'usr/lib/cni'),
    nft: join(bin, 'nft'),
    iptablesSave: join(dirname(program('iptables')), 'iptables-save'),
    prometheusWeb: join(root, 'usr/share/prometheus/web'),
  }
}

export function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => path.startsWith('/') && existsSync(path))
}

async function programsOnPath(): Promise<Partial<Record<Program, string>>> {
  const found: Partial<Record<Program, string>> = {}
  for (const [name, { accepts }] of Object.entries(debianPrograms)) {
    const path = onPath(name)
    if (path !== undefined && accepts.test((await ask([path, '--version'])) ?? ''))
      found[name as Program] = path
  }
  return found
}

function unpacked(packages: readonly string[], note: (text: string) => void): Promise<string> {
  const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12)
  return cached(`debian-${key}`, async (draft, folder) => {
    await withLists(() => unpackPackages(packages, draft, note))
    nameEveryProgram(draft, folder)
  })
}

/** Fetches packages, whose sums apt compares with the archive's signed lists, and unpacks them into a folder. */
export async function unpackPackages(
  packages: readonly string[],
  folder: string,
  note: (text: string) => void,
): Promise<void> {
  const downloads = join(folder, 'packages')
  mkdirSync(downloads, { recursive: true })
  note('downloading')
  await run(['apt-get', 'download', '-o', 'APT::Sandbox::User=root', ...packages], {
    cwd: downloads,
    timeout: 300_000,
  })
  note('unpacking')
  for (const file of readdirSync(downloads)) await run(['dpkg-deb', '-x', join(downloads, file), folder])
  await run(['rm', '-r', downloads])
}

/** Works with apt's lists of packages: fetches them anew when they are empty, or older than the archive. */
export async function withLists(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch {
    await run(['apt-get', 'update'], { timeout: 300_000 })
    await work()
  }
}

/** One folder with every program by its plain name. */
function nameEveryProgram(draft: string, folder: string): void {
  mkdirSync(join(draft, 'bin'))
  const programs = (sub: string) => (existsSync(join(draft, sub)) ? readdirSync(join(draft, sub)) : [])
  for (const name of programs('usr/bin')) symlinkSync(join(folder, 'usr/bin', name), join(draft, 'bin', name))
  for (const name of programs('usr/sbin').filter((name) => name !== 'runc')) wrap(draft, folder, name, name)
  for (const name of programs('usr/sbin').filter((name) => /^ip6?tables-nft/.test(name))) {
    wrap(draft, folder, name.replace('-nft', ''), name)
  }
}

/** These find their libraries through a wrapper, so that no library path leaks into what they start. */
function wrap(draft: string, folder: string, name: string, program: string): void {
  const libraryPath = join(folder, 'usr/lib', `${machine()}-linux-gnu`)
  const script = [
    '#!/bin/sh',
    `LD_LIBRARY_PATH=${libraryPath} XTABLES_LIBDIR=${libraryPath}/xtables exec ${folder}/usr/sbin/${program} "$@"`,
  ]
  writeFileSync(join(draft, 'bin', name), `${script.join('\n')}\n`, { mode: 0o755 })
}

const machine = (): string => (process.arch === 'arm64' ? 'aarch64' : 'x86_64')
