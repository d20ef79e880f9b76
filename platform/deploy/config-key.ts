// The key by which copies of configuration are named: whoever reads a name must not be able to guess a secret from it.
import { randomBytes } from 'node:crypto'
import { kinds } from '../kinds.ts'
import type { Kubernetes } from '../kubernetes.ts'
import { ourLabels } from './objects.ts'

/** Of each namespace of Apps. Without it every name changes, and each App that has configuration is released once more. */
export const configKeyName = 'slipway-config-key'

/** Made on first use; of two workers that make it at once, both use what the first has made. */
export async function configKey(kube: Kubernetes, namespace: string): Promise<Buffer> {
  const key =
    (await presentKey(kube, namespace)) ??
    (await make(kube, namespace)) ??
    (await presentKey(kube, namespace))
  if (key && key.length >= 32) return key
  throw new Error(
    `cannot name copies of configuration in ${namespace}: its Secret ${configKeyName} has no key of 32 bytes; remove it, and a new one is made`,
  )
}

/** The key that is there; undefined when none was made yet. */
export async function presentKey(kube: Kubernetes, namespace: string): Promise<Buffer | undefined> {
  const found = await kube.get(kinds.Secret, namespace, configKeyName)
  return found && Buffer.from(found.data?.key ?? '', 'base64')
}

async function make(kube: Kubernetes, namespace: string): Promise<Buffer | undefined> {
  const key = randomBytes(32)
  const made = await kube.create(kinds.Secret, {
    metadata: {
      name: configKeyName,
      namespace,
      labels: ourLabels,
    },
    type: 'Opaque',
    immutable: true,
    data: { key: key.toString('base64') },
  })
  return made && key
}
