// Speaks to the cluster's API server with the caller's own rights.
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import * as k8s from '@kubernetes/client-node'
import { apiError } from './api-error.ts'
import type { BuildPod, Cluster, CommandDraft, LogOptions, ReleaseView } from './cluster.ts'
import { Exit, exitCodes } from './exit.ts'
import { follow } from './follow.ts'
import type { Chosen } from './kubeconfig.ts'
import { appView, byStart, commandView, releaseView, type Stored } from './objects.ts'
import { harmless } from './screen.ts'

const group = 'slipway.dev'
const version = 'v1beta1'
/** Milliseconds for one request; a watch and a log that grows have the caller's own. */
const requestTimeout = 15_000
const buildNamespace = 'slipway-builds'

export function connect(chosen: Chosen, namespace: string | undefined): Cluster {
  const config = load(chosen)
  const server = config.getCurrentCluster()?.server ?? 'an unnamed server'
  const where = namespace ?? config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
  return clusterOf(config, server, where)
}

export function load({ files, context }: Chosen): k8s.KubeConfig {
  const config = new k8s.KubeConfig()
  for (const [index, file] of files.entries()) {
    if (index === 0) config.loadFromFile(file)
    else config.mergeConfig(fromFile(file))
  }
  if (context === undefined) return config
  if (config.getContextObject(context)) {
    config.setCurrentContext(context)
    return config
  }
  const known = config.getContexts().map(({ name }) => name)
  throw new Exit(exitCodes.usage, `no context "${context}" in ${files.join(', ')}`, {
    advice: known.length > 0 ? `It knows: ${known.join(', ')}.` : 'It has no context at all.',
  })
}

function fromFile(file: string): k8s.KubeConfig {
  const config = new k8s.KubeConfig()
  config.loadFromFile(file)
  return config
}

function clusterOf(config: k8s.KubeConfig, server: string, namespace: string): Cluster {
  const client = k8s.createConfiguration({
    baseServer: new k8s.ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [deadline],
  })
  const objects = new k8s.CustomObjectsApi(client)
  const core = new k8s.CoreV1Api(client)
  const identity = new k8s.AuthenticationV1Api(client)
  const releasesPath = `/apis/${group}/${version}/namespaces/${namespace}/releases`
  const at = (plural: string) => ({ group, version, namespace, plural })
  const ask = <T>(what: string, request: Promise<T>): Promise<T> =>
    request.catch((cause: unknown) => Promise.reject(apiError(what, server, cause)))

  const list = async (plural: string): Promise<readonly Stored<never, never>[]> => {
    const found = await ask(`list ${plural} in ${namespace}`, objects.listNamespacedCustomObject(at(plural)))
    return found.items
  }
  const get = async (plural: string, name: string): Promise<Stored<never, never> | undefined> => {
    const request = objects.getNamespacedCustomObject({ ...at(plural), name })
    return absentWhenNotFound(ask(`read ${plural.slice(0, -1)} ${name}`, request))
  }

  const release = async (name: string): Promise<ReleaseView | undefined> => {
    const found = await get('releases', name)
    return found && releaseView(found)
  }

  return {
    server,
    namespace,
    apps: async () => (await list('apps')).map(appView),
    app: async (name) => {
      const found = await get('apps', name)
      return found && appView(found)
    },
    hosts: async (name) => {
      const route = {
        group: 'gateway.networking.k8s.io',
        version: 'v1',
        namespace,
        plural: 'httproutes',
        name,
      }
      const found = await objects.getNamespacedCustomObject(route).catch(() => undefined)
      return found?.spec?.hostnames ?? []
    },
    releases: async (app) =>
      (await list('releases'))
        .map(releaseView)
        .filter((found) => app === undefined || found.release.app.name === app)
        .sort(byStart),
    release,
    follow: (name, signal) =>
      follow({ config, path: releasesPath, name, signal, read: () => get('releases', name) }),
    whoAmI: async () => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
      const { status } = await ask('ask who you are', identity.createSelfSubjectReview({ body }))
      return status?.userInfo?.username ?? ''
    },
    command: async (draft) => {
      const request = objects.createNamespacedCustomObject({ ...at('commands'), body: commandObject(draft) })
      const created = await ask(`${draft.verb} ${draft.release ?? draft.app}`, request)
      return created.metadata.name
    },
    answer: async (name) => {
      const found = await get('commands', name)
      return found && commandView(found)
    },
    builds: async ({ release: { app, sha } }) => {
      const labelSelector = `slipway.dev/namespace=${app.namespace},slipway.dev/app=${app.name},slipway.dev/commit=${sha}`
      const found = await ask(
        `list the build pods in ${buildNamespace}`,
        core.listNamespacedPod({ namespace: buildNamespace, labelSelector }),
      )
      return found.items.sort(byCreation).map(buildPod)
    },
    buildLog: (pod, write, options) =>
      ask(`read the log of pod ${pod.namespace}/${pod.name}`, readLog(config, pod, write, options)),
  }
}

const deadline = {
  pre: async (request: k8s.RequestContext) => {
    request.setSignal(AbortSignal.timeout(requestTimeout))
    return request
  },
  post: async (response: k8s.ResponseContext) => response,
}

/** The Command as it is created: nothing in it can be changed later. */
export const commandObject = (draft: CommandDraft) => ({
  apiVersion: `${group}/${version}`,
  kind: 'Command',
  metadata: { generateName: `${draft.release ?? draft.app}-${draft.verb}-` },
  spec: draft,
})

/** Ends when the log ends, or when the signal falls. */
async function readLog(
  config: k8s.KubeConfig,
  { namespace, name, container }: BuildPod,
  write: (text: string) => void,
  { follow: grow, signal }: LogOptions,
): Promise<void> {
  const decoder = new StringDecoder('utf8')
  const sink = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      write(harmless(decoder.write(chunk)))
      taken()
    },
  })
  const ended = finished(sink, { signal }).catch((error: unknown) =>
    signal.aborted ? undefined : Promise.reject(error),
  )
  const connection = await new k8s.Log(config).log(namespace, name, container, sink, { follow: grow })
  await ended.finally(() => connection.abort())
}

const absentWhenNotFound = <T>(request: Promise<T>): Promise<T | undefined> =>
  request.catch((error: unknown) =>
    error instanceof Exit && error.code === exitCodes.notFound ? undefined : Promise.reject(error),
  )

const byCreation = (a: k8s.V1Pod, b: k8s.V1Pod): number =>
  Number(b.metadata?.creationTimestamp ?? 0) - Number(a.metadata?.creationTimestamp ?? 0)

const buildPod = ({ metadata, spec, status }: k8s.V1Pod): BuildPod => ({
  namespace: metadata?.namespace ?? buildNamespace,
  name: metadata?.name ?? '',
  container: spec?.containers[0]?.name ?? '',
  running: status?.phase === 'Pending' || status?.phase === 'Running',
})
