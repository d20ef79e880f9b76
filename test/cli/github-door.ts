// What `slipway github` works with, on an API server and a GitHub of a test's own.
import type { Github as Door } from '../../cli/github.ts'
import { keeper } from '../../cli/registration.ts'
import { gitHub } from '../../platform/github/client.ts'
import { exchange } from '../../platform/github/exchange.ts'
import { kubernetes } from '../../platform/kubernetes.ts'
import type { KubeServer } from '../api/kube-server.ts'

export const doorTo = ({ config }: Pick<KubeServer, 'config'>): Door => ({
  keeper: keeper(kubernetes({ config })),
  at: ({ url, id, key }) => ({
    asApp: gitHub({ url, appId: id, key: () => key }).asApp,
    withToken: exchange({ url }),
  }),
})

/** The address of the page on this machine, when this is the text that tells it. */
export const addressIn = (text: string): string | undefined =>
  /http:\/\/127\.0\.0\.1:\d+\/\w+/.exec(text)?.[0]
