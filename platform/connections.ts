// Connections to the API server are kept from call to call: one that is made anew costs a TLS handshake on both sides.
import type { RequestOptions } from 'node:https'
import type { KubeConfig, RequestContext } from '@kubernetes/client-node'

/**
 * Returns a function that adds the account's credentials, and the connections, to a request. The client library makes new connections
 * for each; these last until the certificates are renewed. A token is read again for each request.
 */
export function connections(config: KubeConfig): (request: RequestContext) => Promise<void> {
  let kept: ReturnType<RequestContext['getDispatcher']>
  let keptFor: string | undefined
  return async (request) => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    await config.applySecurityAuthentication(request)
    const certificates = [options.ca, options.cert, options.key].join('\n')
    if (certificates !== keptFor) {
      kept = request.getDispatcher()
      keptFor = certificates
    }
    if (kept) request.setDispatcher(kept)
  }
}
