// The one node: containerd, the kubelet and the proxy for Services.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addresses, health, images, network, registry } from '../addresses.ts'
import { authority } from '../certificates.ts'
import { branch } from '../cgroups.ts'
import { certificateOf, kubeconfigOf, paths } from '../paths.ts'
import { ask } from '../process.ts'
import type { DebianTools } from '../tools/debian.ts'
import type { KubernetesTools } from '../tools/golang.ts'
import { get, notAnswering } from './answers.ts'
import type { Part } from './part.ts'

const containerdConfig = join(paths.config, 'containerd.toml')
const registryHosts = join(paths.config, 'registries')
const pluginNetworks = join(paths.config, 'cni')
const kubeletConfig = join(paths.config, 'kubelet.json')
const kubeletFolder = join(paths.state, 'kubelet')

export function containerd(tools: DebianTools): Part {
  return {
    name: 'containerd',
    title: 'containerd',
    command: [tools.containerd, '--config', containerdConfig],
    env: { PATH: tools.path },
    files: {
      [containerdConfig]: containerdSettings(tools),
      [join(registryHosts, registry, 'hosts.toml')]: registrySettings,
      [join(pluginNetworks, '10-slipway.conflist')]: JSON.stringify(podNetwork),
    },
    missing: async () => {
      const answer = await ask([tools.ctr, '--address', paths.containerdSocket, 'version'])
      return answer?.includes('Server:') ? undefined : 'its socket does not answer'
    },
  }
}

/** Everything it keeps lies in our own folders: a containerd of the machine's own is never met. */
function containerdSettings(tools: DebianTools): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  const unused = ['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `"io.containerd.snapshotter.v1.${name}"`)
  return `version = 2
root = "${join(paths.state, 'containerd')}"
state = "${join(paths.run, 'containerd')}"
disabled_plugins = [${unused.join(', ')}]
[grpc]
  address = "${paths.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(paths.state, 'containerd-opt')}"
[${cri}]
  sandbox_image = "${images.pause}"
  restrict_oom_score_adj = ${!hasResourceCapability()}
  netns_mounts_under_state_dir = true
  [${cri}.cni]
    bin_dir = "${tools.cni}"
    conf_dir = "${pluginNetworks}"
  [${cri}.registry]
    config_path = "${registryHosts}"
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      Root = "${join(paths.run, 'runc')}"
      SystemdCgroup = false
`
}

/** The local registry speaks plain http, on the bridge only. */
const registrySettings = `server = "${addresses.registry}"
[host."${addresses.registry}"]
  capabilities = ["pull", "resolve"]
`

const podNetwork = {
  cniVersion: '0.4.0',
  name: 'slipway',
  plugins: [
    {
      type: 'bridge',
      bridge: network.bridge,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: network.pods, rangeStart: network.firstPod, gateway: network.host }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(paths.run, 'addresses'),
      },
    },
  ],
}

export function kubelet(tools: KubernetesTools, debian: DebianTools): Part {
  return {
    name: 'kubelet',
    title: 'the kubelet',
    command: [
      tools.kubelet,
      `--config=${kubeletConfig}`,
      `--kubeconfig=${kubeconfigOf('kubelet')}`,
      `--hostname-override=${network.node}`,
      `--node-ip=${network.host}`,
      `--root-dir=${kubeletFolder}`,
      `--cert-dir=${join(kubeletFolder, 'pki')}`,
    ],
    env: { PATH: debian.path },
    files: { [kubeletConfig]: JSON.stringify(kubeletSettings(), null, 2) },
    missing: nodeNotReady,
  }
}

function kubeletSettings() {
  const serving = certificateOf('kubelet-server')
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.host,
    readOnlyPort: 0,
    tlsCertFile: serving.cert,
    tlsPrivateKeyFile: serving.key,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority.cert },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${branch}`,
    // A kernel that withholds CAP_SYS_RESOURCE lets the kubelet set neither its own priority nor some limits.
    featureGates: { KubeletInUserNamespace: !hasResourceCapability() },
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    podLogsDir: join(paths.log, 'pods'),
    volumePluginDir: join(kubeletFolder, 'volume-plugins'),
    clusterDNS: [network.dns],
    clusterDomain: 'cluster.local',
    resolvConf: resolverFile(),
    evictionHard: { 'imagefs.available': '1%', 'nodefs.available': '1%', 'memory.available': '100Mi' },
    imageGCHighThresholdPercent: 99,
    imageGCLowThresholdPercent: 95,
    registryPullQPS: 0,
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
  }
}

/** systemd's stub resolver answers on the machine's loopback only, where no pod can ask it. */
export function resolverFile(): string {
  const direct = '/run/systemd/resolve/resolv.conf'
  return existsSync(direct) ? direct : '/etc/resolv.conf'
}

async function nodeNotReady(): Promise<string | undefined> {
  const healthy = await notAnswering(health.kubelet)
  if (healthy !== undefined) return healthy
  const answer = await get(`${addresses.kubernetes}/api/v1/nodes/${network.node}`, 'admin')
  if (answer.status !== 200) return `the node is not registered yet (${answer.status})`
  const { status } = JSON.parse(answer.body) as {
    status: { conditions?: { type: string; status: string; message: string }[] }
  }
  const ready = status.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.status === 'True'
    ? undefined
    : `the node is not ready: ${ready?.message ?? 'no word of it yet'}`
}

export function proxy(tools: KubernetesTools, debian: DebianTools): Part {
  return {
    name: 'kube-proxy',
    title: 'the proxy for Services',
    command: [
      tools['kube-proxy'],
      `--kubeconfig=${kubeconfigOf('kube-proxy')}`,
      `--hostname-override=${network.node}`,
      `--cluster-cidr=${network.pods}`,
      '--proxy-mode=iptables',
      '--iptables-localhost-nodeports=false',
      `--nodeport-addresses=${network.pods}`,
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0s',
      '--conntrack-tcp-timeout-close-wait=0s',
      '--healthz-bind-address=127.0.0.1:10256',
      '--metrics-bind-address=127.0.0.1:10249',
    ],
    env: { PATH: debian.path },
    missing: () => notAnswering(health['kube-proxy']),
  }
}

const resourceCapability = 24n

function hasResourceCapability(): boolean {
  const effective = readFileSync('/proc/self/status', 'utf8').match(/^CapEff:\s*([0-9a-f]+)/m)?.[1] ?? '0'
  return (BigInt(`0x${effective}`) & (1n << resourceCapability)) !== 0n
}
