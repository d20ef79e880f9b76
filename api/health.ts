// Whether the process lives (/healthz), and whether it can do its work (/readyz).
import { access, constants } from 'node:fs/promises'

/** Undefined when all is well, else what is not. */
export type Check = () => Promise<string | undefined> | string | undefined

export const alive = async (): Promise<Response> => reply(200, { status: 'alive' })

export function readiness(checks: Readonly<Record<string, Check>>) {
  return async (): Promise<Response> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([part, check]) => [part, (await check()) ?? 'ok'] as const),
    )
    const ready = results.every(([, result]) => result === 'ok')
    return reply(ready ? 200 : 503, {
      status: ready ? 'ready' : 'not ready',
      parts: Object.fromEntries(results),
    })
  }
}

/** Asks in the background; the answer counts for a while, so that one slow reply is not an outage. */
export function lately(
  ask: () => Promise<unknown>,
  { every = 5_000, counts = 15_000, now = Date.now } = {},
): { check: Check; stop: () => void } {
  let last: number | undefined
  let busy = false
  const look = async () => {
    if (busy) return
    busy = true
    try {
      await ask()
      last = now()
    } catch {
      // The age of the last answer tells.
    }
    busy = false
  }
  void look()
  const timer = setInterval(() => void look(), every)
  timer.unref()
  return {
    check: () => {
      if (last === undefined) return 'has not answered yet'
      const age = now() - last
      return age <= counts ? undefined : `has not answered for ${Math.round(age / 1000)} s`
    },
    stop: () => clearInterval(timer),
  }
}

export const writable =
  (folder: string): Check =>
  () =>
    access(folder, constants.W_OK).then(
      () => undefined,
      () => `${folder} is not writable`,
    )

const reply = (status: number, body: object): Response =>
  new Response(`${JSON.stringify(body)}\n`, { status, headers: { 'content-type': 'application/json' } })
