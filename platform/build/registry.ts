// Asks the registry whether it holds an image.
import { type Image, imageReference } from '../../domain/revision.ts'

const manifests = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Whether a manifest of that digest lies there. Fails plainly when the registry gives no clear answer. */
export async function holds(image: Image, { insecure }: { readonly insecure: boolean }): Promise<boolean> {
  const [host = '', ...path] = image.repository.split('/')
  const url = `${insecure ? 'http' : 'https'}://${host}/v2/${path.join('/')}/manifests/${image.digest}`
  const fail = (why: string) => new Error(`cannot ask the registry for ${imageReference(image)}: ${why}`)
  const response = await fetch(url, {
    method: 'HEAD',
    headers: { accept: manifests.join(', ') },
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    throw fail(error.cause instanceof Error ? error.cause.message : error.message)
  })
  if (response.status === 200) return true
  if (response.status === 404) return false
  throw fail(`status ${response.status}`)
}
