// What an App names of ConfigMaps and Secrets, as they are at this moment: names and keys. Writes nothing, and no content leaves this file.
import type { AppRef } from '../../domain/app.ts'
import type { PresentConfig } from '../../domain/config.ts'
import { isForbidden, PermanentFailure } from '../../domain/failure.ts'
import type { Content } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { copyObject, type Names, original, type Wanted, wantedOf } from './config.ts'
import { presentKey } from './config-key.ts'

/** In the order in which a release would copy them. Who may not read one is told so; it is not a reason to fail. */
export async function presentConfig(
  kube: Kubernetes,
  app: AppRef,
  run: Names,
): Promise<readonly PresentConfig[]> {
  const wanted = wantedOf(run)
  if (wanted.length === 0) return []
  const key = await keyOf(kube, app)
  return Promise.all(wanted.map((one) => present(kube, app, one, key)))
}

type Key = { readonly key: Buffer } | { readonly unseen: string }

async function keyOf(kube: Kubernetes, { namespace }: AppRef): Promise<Key> {
  try {
    const key = await presentKey(kube, namespace)
    return key ? { key } : { unseen: 'nothing was copied in this namespace yet' }
  } catch (error) {
    if (isForbidden(error))
      return { unseen: 'you may not read Secrets here, and one of them names the copies' }
    throw error
  }
}

async function present(kube: Kubernetes, app: AppRef, wanted: Wanted, key: Key): Promise<PresentConfig> {
  const { kind, name, mount } = wanted
  const named = { kind, name, ...(mount !== undefined && { mount }) }
  try {
    const content = await original(kube, app, wanted)
    const copy = 'key' in key ? { copy: copyObject(app, wanted, content, key.key).metadata.name } : key
    return { ...named, keys: keysOf(content), ...copy }
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error
    if (isForbidden(error)) return { ...named, unseen: `you may not read the ${kind} ${name}` }
    return { ...named, problem: error.message }
  }
}

const keysOf = ({ data = {}, binaryData = {} }: Content): readonly string[] =>
  [...Object.keys(data), ...Object.keys(binaryData)].sort()
