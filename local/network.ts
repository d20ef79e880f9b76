// The bridge that pods hang on, and the kernel settings and firewall rules around it: made by `up`, put back by `down`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { network } from './addresses.ts'
import { ask, run } from './process.ts'
import type { HostRecord } from './state.ts'
import type { DebianTools } from './tools/debian.ts'

/** Kernel settings that this cluster's parts change: ours below, the rest by the kubelet and the proxy. */
const needed: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  'net/bridge/bridge-nf-call-iptables': '1',
}
const watched = [
  ...Object.keys(needed),
  'net/bridge/bridge-nf-call-ip6tables',
  'net/ipv4/conf/all/route_localnet',
  'net/netfilter/nf_conntrack_max',
  'net/netfilter/nf_conntrack_tcp_be_liberal',
  'net/netfilter/nf_conntrack_tcp_timeout_established',
  'net/netfilter/nf_conntrack_tcp_timeout_close_wait',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
]

/** Folders that the container runtime and the kubelet make outside the state folder. */
export const folders = [
  '/run/containerd',
  '/opt/containerd',
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/var/log/containers',
  '/var/log/pods',
  '/var/run/netns',
]

export async function recordHost(tools: DebianTools): Promise<HostRecord> {
  const sysctls = watched.flatMap((name) => {
    const value = readSysctl(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    sysctls: Object.fromEntries(sysctls),
    chains: chainsOf(await savedRules(tools)).map(({ table, chain }) => `${table}/${chain}`),
    folders: folders.filter((folder) => existsSync(folder)),
  }
}

export async function ensureNetwork(tools: DebianTools): Promise<void> {
  if (existsSync('/sbin/modprobe'))
    await ask(['/sbin/modprobe', '-a', 'br_netfilter', 'overlay', 'nf_conntrack'])
  await ensureBridge()
  for (const [name, value] of Object.entries(needed)) writeSysctl(name, value)
  await ensureForwarding(tools)
}

async function ensureBridge(): Promise<void> {
  const { bridge, host, prefix } = network
  if (!existsSync(`/sys/class/net/${bridge}`)) await run(['ip', 'link', 'add', bridge, 'type', 'bridge'])
  const addressesNow = (await ask(['ip', '-4', 'address', 'show', 'dev', bridge])) ?? ''
  if (!addressesNow.includes(`${host}/${prefix}`))
    await run(['ip', 'address', 'add', `${host}/${prefix}`, 'dev', bridge])
  await run(['ip', 'link', 'set', bridge, 'up'])
}

/** A machine with a container engine forwards nothing by default: the bridge's own traffic gets its own rule. */
async function ensureForwarding({ iptables }: DebianTools): Promise<void> {
  const chain = [iptables, '-w', '-t', 'filter']
  await ask([...chain, '-N', forwardChain])
  for (const rule of [
    [forwardChain, '-i', network.bridge, '-j', 'ACCEPT'],
    [forwardChain, '-o', network.bridge, '-j', 'ACCEPT'],
  ]) {
    if ((await ask([...chain, '-C', ...rule])) === undefined) await run([...chain, '-A', ...rule])
  }
  const jump = ['FORWARD', '-j', forwardChain]
  if ((await ask([...chain, '-C', ...jump])) === undefined) await run([...chain, '-I', ...jump])
}

const forwardChain = 'SLIPWAY-FORWARD'

/** Takes away the bridge and every rule that came with the cluster, and gives the kernel its settings back. */
export async function restoreHost(tools: DebianTools, before: HostRecord | undefined): Promise<void> {
  await removeRules(tools, before?.chains ?? [])
  if (existsSync(`/sys/class/net/${network.bridge}`)) await run(['ip', 'link', 'delete', network.bridge])
  for (const [name, value] of Object.entries(before?.sysctls ?? {})) {
    if (readSysctl(name) !== value) writeSysctl(name, value)
  }
}

export type Chain = { readonly table: string; readonly chain: string }

/** Chains of Kubernetes, of its network plugins and of ours, in the output of iptables-save. */
export function chainsOf(saved: string): Chain[] {
  return tablesOf(saved).flatMap(({ table, lines }) =>
    lines.flatMap((line) => {
      const chain = line.match(/^:((?:KUBE|CNI|SLIPWAY)-\S+)/)?.[1]
      return chain === undefined ? [] : [{ table, chain }]
    }),
  )
}

/** What iptables-restore has to read so that the given chains, and every rule that leads to them, are gone. */
export function removalOf(saved: string, keep: readonly string[]): string {
  return tablesOf(saved)
    .map(({ table, lines }) => {
      const ours = new Set(chainsOf(`*${table}\n${lines.join('\n')}`).map(({ chain }) => chain))
      for (const chain of ours) if (keep.includes(`${table}/${chain}`)) ours.delete(chain)
      if (ours.size === 0) return ''
      const rules = lines.filter((line) => line.startsWith('-A ') && !ours.has(line.split(' ')[1] ?? ''))
      const jumps = rules.filter((line) => ours.has(line.match(/ -[jg] (\S+)/)?.[1] ?? ''))
      const deletions = jumps.map((line) => line.replace(/^-A/, '-D'))
      const flushes = [...ours].map((chain) => `-F ${chain}`)
      const removals = [...ours].map((chain) => `-X ${chain}`)
      return [`*${table}`, ...deletions, ...flushes, ...removals, 'COMMIT', ''].join('\n')
    })
    .join('')
}

async function removeRules(tools: DebianTools, keep: readonly string[]): Promise<void> {
  for (const save of [tools.iptablesSave, tools.iptablesSave.replace('iptables', 'ip6tables')]) {
    const removal = removalOf((await ask([save])) ?? '', keep)
    if (removal !== '')
      await run([save.replace(/-save$/, '-restore'), '--noflush', '-w', '5'], { input: removal })
  }
  await removeEmptyTables(tools)
}

/** Tables that hold no rule are left by nobody but these programs: without them the machine is as it was. */
async function removeEmptyTables({ nft }: DebianTools): Promise<void> {
  for (const table of ((await ask([nft, 'list', 'tables'])) ?? '')
    .split('\n')
    .filter((line) => /^table ip6? /.test(line))) {
    const content = (await ask([nft, 'list', ...table.trim().split(' ')])) ?? ''
    if (isEmptyTable(content)) await ask([nft, 'delete', ...table.trim().split(' ')])
  }
}

/** Only base chains with the policy to accept, and no rule in them. */
export function isEmptyTable(listing: string): boolean {
  const lines = listing.split('\n').map((line) => line.trim())
  return lines.every((line) => /^$|^table |^chain |^\}$|^type .* policy accept;$|^# /.test(line))
}

async function savedRules(tools: DebianTools): Promise<string> {
  return (await ask([tools.iptablesSave])) ?? ''
}

function tablesOf(saved: string): { table: string; lines: string[] }[] {
  return saved
    .split(/^\*/m)
    .slice(1)
    .map((text) => {
      const [table = '', ...lines] = text.split('\n')
      return { table: table.trim(), lines }
    })
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(join('/proc/sys', name), 'utf8').trim()
  } catch {
    return undefined
  }
}

function writeSysctl(name: string, value: string): void {
  try {
    if (readSysctl(name) !== value) writeFileSync(join('/proc/sys', name), value)
  } catch (cause) {
    throw new Error(`cannot set the kernel's ${name.replaceAll('/', '.')} to ${value}`, { cause })
  }
}
