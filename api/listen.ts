// Listens on every address of the settings, and lets go of them without losing what is under way.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listening {
  readonly addresses: readonly Address[]
  /** Takes nothing new, lets what runs end, and cuts off what is not done in time. */
  readonly drain: (milliseconds: number) => Promise<void>
}

export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  addresses: readonly Address[],
): Promise<Listening> {
  const servers: Server[] = []
  try {
    for (const address of addresses) servers.push(await serve(fetch, address))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return {
    addresses: servers.map((server, index) => bound(server, addresses[index]?.host ?? '')),
    drain: async (milliseconds) => {
      await Promise.all(servers.map((server) => close(server, milliseconds)))
    },
  }
}

/**
 * Connections that the kernel keeps until they are accepted; Linux takes no more unless net.core.somaxconn is raised. Node's 511 are
 * two seconds of a storm of webhooks: who comes after that is not refused but tries again after 1, 3 and 7 s, and gives up at 10.
 */
const backlog = 4_096

function serve(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Address,
): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: 10_000,
      // Long enough for a large push over a slow line; routes with small bodies have their own.
      requestTimeout: 1_800_000,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 65_000,
    },
    getRequestListener(fetch, { hostname: host }),
  )
  server.maxConnections = 2_000
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`cannot listen on ${host}:${port} (SLIPWAY_LISTEN): ${cause.message}`, { cause })),
    )
    server.listen({ host, port, backlog }, () => resolve(server))
  })
}

function bound(server: Server, host: string): Address {
  const address = server.address()
  return { host, port: typeof address === 'object' && address ? address.port : 0 }
}

async function close(server: Server, milliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection whose last answer has gone out stays open for a next request that is not wanted any more.
  const idle = setInterval(() => server.closeIdleConnections(), 100)
  const late = setTimeout(() => server.closeAllConnections(), milliseconds)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}
