// What the API server calls Slipway's own account: the name that its Commands carry.
import { AuthenticationV1Api, type KubeConfig } from '@kubernetes/client-node'

/** Asks once, and again only after a failure: an account does not change its name. */
export function ownAccount(config: KubeConfig): () => Promise<string> {
  const authentication = config.makeApiClient(AuthenticationV1Api)
  let known: Promise<string> | undefined

  async function ask(): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const { status } = await authentication.createSelfSubjectReview({ body })
    const name = status?.userInfo?.username
    if (!name) throw new Error('the API server does not say which account this is; is the token still valid?')
    return name
  }

  return () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}
