// The bridge that pods hang on, and the kernel settings and firewall rules around it: made by `up`, put back by `down`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { network } from './addresses.ts'
import { delegatedControllers } from './cgroups.ts'
import { ensureForwarding, recordFirewall, removeRules } from './firewall.ts'
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
    firewall: await recordFirewall(tools),
    controllers: delegatedControllers(),
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

/** Takes away the bridge and every rule that came with the cluster, and gives the kernel its settings back. */
export async function restoreHost(tools: DebianTools, before: HostRecord | undefined): Promise<void> {
  await removeRules(tools, before?.firewall ?? { chains: [], tables: [] })
  if (existsSync(`/sys/class/net/${network.bridge}`)) await run(['ip', 'link', 'delete', network.bridge])
  for (const [name, value] of Object.entries(before?.sysctls ?? {})) {
    if (readSysctl(name) !== value) writeSysctl(name, value)
  }
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
