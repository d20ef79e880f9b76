// Firewall rules: the bridge's own are added; the cluster's and ours are taken away, and no others.
import { network } from './addresses.ts'
import { ask, run } from './process.ts'
import type { DebianTools } from './tools/debian.ts'

/** A machine with a container engine forwards nothing by default: the bridge's own traffic gets its own rule. */
export async function ensureForwarding({ iptables }: DebianTools): Promise<void> {
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

export type FirewallRecord = { readonly chains: readonly string[]; readonly tables: readonly string[] }

/** What has to stay because it was there first: chains as table/chain, and tables. */
export async function recordFirewall(tools: DebianTools): Promise<FirewallRecord> {
  const chains = chainsOf((await ask([tools.iptablesSave])) ?? '')
  return { chains: chains.map(({ table, chain }) => `${table}/${chain}`), tables: await tablesNow(tools) }
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

/** What is there now is compared with what was there before the first `up`. */
export async function removeRules(tools: DebianTools, before: FirewallRecord): Promise<void> {
  for (const save of [tools.iptablesSave, tools.iptablesSave.replace('iptables', 'ip6tables')]) {
    const removal = removalOf((await ask([save])) ?? '', before.chains)
    const restore = [save.replace(/-save$/, '-restore'), '--noflush', '-w', '5']
    if (removal !== '') await run(restore, { input: removal })
  }
  for (const table of await tablesNow(tools)) {
    if (!before.tables.includes(table)) await removeIfEmpty(tools, table)
  }
}

async function removeIfEmpty({ nft }: DebianTools, table: string): Promise<void> {
  const listing = (await ask([nft, 'list', ...table.split(' ')])) ?? ''
  if (isEmptyTable(listing)) await ask([nft, 'delete', ...table.split(' ')])
}

/** Such as "table ip nat". */
async function tablesNow({ nft }: DebianTools): Promise<string[]> {
  const lines = ((await ask([nft, 'list', 'tables'])) ?? '').split('\n')
  return lines.map((line) => line.trim()).filter((line) => /^table ip6? /.test(line))
}

/** Only base chains with the policy to accept, and no rule in them. */
export function isEmptyTable(listing: string): boolean {
  const lines = listing.split('\n').map((line) => line.trim())
  return lines.every((line) => /^$|^table |^chain |^\}$|^type .* policy accept;$|^# /.test(line))
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
