// Turns what the API server or the network refused into how the command ends.
import { STATUS_CODES } from 'node:http'
import { ApiException } from '@kubernetes/client-node'
import { deepestCause } from '../domain/deepest-cause.ts'
import { Exit, exitCodes } from './exit.ts'

/** `what` is a verb phrase: "list releases in default". */
export function apiError(what: string, server: string, cause: unknown): Exit {
  if (cause instanceof Exit) return cause
  if (cause instanceof ApiException) return refused(what, server, cause)
  return new Exit(exitCodes.error, `cannot ${what}: no answer from ${server}: ${deepestCause(cause)}`, {
    advice: 'Is the cluster up? For the local one: npm run status',
    cause,
  })
}

function refused(what: string, server: string, cause: ApiException<unknown>): Exit {
  const said = messageOf(cause)
  const message = `cannot ${what} at ${server}: ${said}`
  if (cause.code === 404) return new Exit(exitCodes.notFound, message, { cause, ...adviceOnMissing(said) })
  if (cause.code === 401 || cause.code === 403)
    return new Exit(exitCodes.denied, message, { cause, advice: askForRights })
  return new Exit(exitCodes.error, `${message} (HTTP ${cause.code})`, { cause })
}

const askForRights =
  'Your user may not do this: ask for the role, or name another one with --kubeconfig or --context.'

/** The API server answers so when it has never heard of our kinds. */
const adviceOnMissing = (said: string): { advice?: string } =>
  /could not find the requested resource|page not found/.test(said)
    ? { advice: 'Slipway is not installed in this cluster, or this is another cluster than you meant.' }
    : {}

/** The API server's own sentence; the client library drops it from some answers. */
function messageOf({ body, code }: ApiException<unknown>): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {})
  try {
    return String(JSON.parse(text).message ?? STATUS_CODES[code] ?? `HTTP ${code}`)
  } catch {
    return text.trim()
  }
}
