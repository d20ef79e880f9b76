// Slipway's registration with GitHub: what it is called there and what it proves itself with; and the Secret that keeps it.
import type { Content, Kind } from '../platform/kinds.ts'
import type { Kubernetes, Stored } from '../platform/kubernetes.ts'
import { Exit, exitCodes } from './exit.ts'

export interface Registration {
  /** Where GitHub's API answers: `https://api.github.com`. */
  readonly url: string
  readonly id: number
  /** The private key, in PEM. */
  readonly key: string
  readonly webhookSecret: string
}

/** Where `manifests/` has Slipway live. */
const place = { namespace: 'slipway-system', name: 'slipway-github' } as const
/** The same in one word. */
export const secretName = `${place.namespace}/${place.name}`

const secrets: Kind<Content> = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }

/** The Secret as it was found. */
export type Kept = Stored<Content>

/** Reads and writes the Secret with the caller's own rights. */
export interface Keeper {
  readonly find: () => Promise<Kept | undefined>
  /** In place of what was found, or where nothing was; false when that has changed since. */
  readonly keep: (registration: Registration, found: Kept | undefined) => Promise<boolean>
}

export function keeper(kube: Pick<Kubernetes, 'get' | 'create' | 'replace'>): Keeper {
  return {
    find: () => permitted(kube.get(secrets, place.namespace, place.name)),
    keep: async (registration, found) => {
      const object = secretOf(registration)
      const written = found
        ? kube.replace(secrets, { ...object, metadata: { ...found.metadata, ...object.metadata } })
        : kube.create(secrets, object)
      return (await permitted(written)) !== undefined
    },
  }
}

/** Under the names that Slipway's programs know them by. */
function secretOf({ url, id, key, webhookSecret }: Registration) {
  const data = { url, 'app-id': `${id}`, 'private-key': key, 'webhook-secret': webhookSecret }
  const inBase64 = Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
  return {
    metadata: { ...place, labels: { 'app.kubernetes.io/part-of': 'slipway' } },
    type: 'Opaque',
    data: Object.fromEntries(inBase64),
  }
}

/** What is missing is named; what is there never is. */
export function registrationIn({ data = {} }: Content): Registration {
  const read = (name: string) =>
    Buffer.from(data[name] ?? '', 'base64')
      .toString()
      .trim()
  const id = Number(read('app-id'))
  const registration = {
    url: read('url'),
    id,
    key: read('private-key'),
    webhookSecret: read('webhook-secret'),
  }
  if (Number.isSafeInteger(id) && Object.values(registration).every(Boolean)) return registration
  throw new Exit(
    exitCodes.error,
    `Secret ${secretName} is no registration with GitHub: it needs url, app-id, private-key and webhook-secret`,
    { advice: 'To register anew and replace it: slipway github init --replace' },
  )
}

const permitted = <T>(asked: Promise<T>): Promise<T> =>
  asked.catch((cause: Error & { readonly reason?: string }) => {
    if (cause.reason !== 'Forbidden') throw new Exit(exitCodes.error, cause.message, { cause })
    throw new Exit(exitCodes.denied, cause.message.replace(/ \(grant Slipway.*$/, ''), {
      cause,
      advice: `Who registers Slipway may get, create and update Secrets in namespace ${place.namespace}.`,
    })
  })
