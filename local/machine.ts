// What a machine must have before anything is started on it; each refusal says what to do.
import { existsSync, mkdirSync, statfsSync } from 'node:fs'
import { gatewayPorts, ports } from './addresses.ts'
import { conflict, taken } from './parts/part.ts'
import { paths } from './paths.ts'
import { readStateFile } from './state.ts'
import { onPath } from './tools/debian.ts'

const packageOf = {
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  git: 'git',
  go: 'Go 1.26.8 or newer, from go.dev/dl',
  ip: 'iproute2',
  openssl: 'openssl',
  perl: 'perl',
  python3: 'python3 and python3-venv',
  tar: 'tar',
  umount: 'mount',
} as const

const gibibyte = 2 ** 30

/** Everything that stands in the way, at once: nobody should have to find it one by one. */
export function checkMachine(): void {
  const problems = [...missingRights(), ...missingTools(), ...missingDisk(), ...takenPorts()]
  if (problems.length === 0) return
  throw new Error(`this machine is not ready:\n${problems.map((problem) => `- ${problem}`).join('\n')}`)
}

export function missingRights(
  user = process.getuid?.(),
  platform: string = process.platform,
  arch: string = process.arch,
): string[] {
  return [
    ...(platform === 'linux'
      ? []
      : [`${platform} is not supported: a Linux machine, real or virtual, is needed`]),
    ...(arch === 'x64' || arch === 'arm64'
      ? []
      : [`${arch} processors are not supported: x64 or arm64 is needed`]),
    ...(user === 0 ? [] : ['it takes root to run a cluster: run the same command with sudo']),
  ]
}

export function missingTools(find: (name: string) => string | undefined = onPath): string[] {
  if (find('apt-get') === undefined)
    return ['apt-get is missing: Debian, or a system made from it, is needed']
  return Object.entries(packageOf)
    .filter(([tool]) => find(tool) === undefined)
    .map(([tool, name]) => `${tool} is missing: install ${name}`)
}

/** The first time everything is built and stored; later the machine only has to go on. */
function missingDisk(): string[] {
  const needed = existsSync(paths.stateFile) ? 1 : 8
  return [paths.state, paths.cache].flatMap((folder) => {
    mkdirSync(folder, { recursive: true })
    const { bavail, bsize } = statfsSync(folder)
    const free = (bavail * bsize) / gibibyte
    if (free >= needed) return []
    return [
      `${folder} has ${free.toFixed(1)} GiB left and ${needed} are needed: make room, or set SLIPWAY_CACHE to another disk`,
    ]
  })
}

function takenPorts(): string[] {
  const fresh = readStateFile().parts.containerd === undefined
  const gateway = fresh ? taken('the gateway', gatewayPorts) : undefined
  return [...Object.keys(ports).map(conflict), gateway].filter((problem) => problem !== undefined)
}
