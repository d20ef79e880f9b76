// A page of our own on this machine: it sends the browser to GitHub with the manifest, and gets the code that GitHub sends back.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Exit, exitCodes } from './exit.ts'
import { endPage, startPage } from './github-page.ts'

export interface Callback {
  /** What a person opens. Who does not know it cannot begin. */
  readonly address: string
  /** Where GitHub sends the browser back to. */
  readonly back: string
  /** Travels with the browser to GitHub and back: who comes with another one did not begin here. */
  readonly state: string
}

export interface Visit {
  /** 0: any that is free. */
  readonly port: number
  readonly signal: AbortSignal
  /** Called with the address as soon as it can be opened: where the form goes, and what it carries. */
  readonly begin: (callback: Callback) => { readonly action: string; readonly manifest: object }
}

/** Ends with what `redeem` makes of the code; the browser is shown how that went. */
export async function codeFromBrowser<Result>(
  { port, signal, begin }: Visit,
  redeem: (code: string) => Promise<Result>,
): Promise<Result> {
  const [start, state] = [randomBytes(16).toString('hex'), randomBytes(32).toString('hex')]
  const server = createServer()
  const origin = await listen(server, port)
  try {
    const callback = { address: `${origin}/${start}`, back: `${origin}/callback`, state }
    const page = startPage(begin(callback))
    return await new Promise<Result>((resolve, reject) => {
      let redeeming: Promise<Result> | undefined
      // Who came in time is served to the end.
      signal.addEventListener('abort', () => redeeming ?? reject(signal.reason), { once: true })
      server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
        const url = wanted(request, origin)
        if (url?.pathname === `/${start}`) return show(response, 200, page)
        const code = url?.pathname === '/callback' ? codeIn(url, state) : undefined
        if (code === undefined) return show(response, 404, endPage('There is nothing here.'))
        // A page that is loaded again asks again; a code is good for one exchange.
        redeeming ??= redeem(code)
        await redeeming.then(
          () => show(response, 200, endPage('Slipway is registered. The terminal says how to go on.')),
          () => show(response, 502, endPage('That did not work. The terminal says why.')),
        )
        redeeming.then(resolve, reject)
      })
    })
  } finally {
    server.close().closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 500).unref()
  }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Exit(exitCodes.error, `cannot listen on 127.0.0.1:${port}: ${cause.message}`, {
          advice: 'Choose another one, or none for any that is free: --port',
          cause,
        }),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Only what was asked of us by our own name: another name that leads to this machine is not one of ours. */
function wanted({ method, url, headers }: IncomingMessage, origin: string): URL | undefined {
  if (method !== 'GET' || `http://${headers.host}` !== origin) return undefined
  return URL.canParse(url ?? '', origin) ? new URL(url ?? '', origin) : undefined
}

/** Undefined when it does not come from the form that we gave out. */
function codeIn({ searchParams }: URL, state: string): string | undefined {
  const code = searchParams.get('code') ?? ''
  return same(searchParams.get('state') ?? '', state) && /^[\w-]{1,255}$/.test(code) ? code : undefined
}

const same = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function show(response: ServerResponse, status: number, page: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      // Not even GitHub learns the page's own address.
      'referrer-policy': 'origin',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
    .end(page)
}
