// Which addresses a hook may be asked at: a URL from a repository must not reach what only the machine itself can.
import { promises as dns, type LookupAddress } from 'node:dns'
import { BlockList, isIPv6 } from 'node:net'

/** Where cloud machines tell their own credentials, besides the link-local ones. */
const metadata = ['100.100.100.200', '168.63.129.16', '192.0.0.192']

const nowhere = blockList({
  subnets: ['169.254.0.0/16', 'fe80::/10', '224.0.0.0/4', 'ff00::/8', '240.0.0.0/4', '64:ff9b::a9fe:0/112'],
  addresses: [...metadata, 'fd00:ec2::254'],
})
/** The machine itself; the unspecified address leads there too. */
const itself = blockList({ subnets: ['127.0.0.0/8', '0.0.0.0/8', '::/127'], addresses: [] })

export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

export const lookup: Lookup = (host) => dns.lookup(host, { all: true, verbatim: true })

/** Why a hook may not be asked there; undefined when it may. Addresses inside the cluster are private ones, and allowed. */
export function forbidden(
  { address }: LookupAddress,
  { loopback }: { readonly loopback: boolean },
): string | undefined {
  if (holds(nowhere, address)) return `${address} is no address for a hook`
  if (loopback || !holds(itself, address)) return undefined
  return `${address} is Slipway's own machine`
}

/** An IPv4 address written as an IPv6 one is found too. */
const holds = (list: BlockList, address: string): boolean =>
  list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

function blockList({ subnets, addresses }: Readonly<Record<'subnets' | 'addresses', readonly string[]>>) {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net = '', bits] = subnet.split('/')
    list.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4')
  }
  for (const address of addresses) list.addAddress(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return list
}
