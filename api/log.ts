// The log: JSON lines, constant sentences with fields, and nothing in them that opens a door.
import { type Logger, pino } from 'pino'

export const jsonLog = (name: string): Logger =>
  pino({
    name,
    level: 'info',
    serializers: { error: told },
    redact: {
      paths: ['authorization', '*.authorization', 'headers', '*.headers', 'token', '*.token'],
      censor: '…',
    },
  })

interface Told {
  readonly type: string
  readonly message: string
  readonly stack?: string | undefined
  readonly cause?: Told
}

/** An error's words and what caused it, but none of its other fields: clients hang requests and replies on them. */
function told(error: unknown, depth = 0): Told {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const { name: type, message, stack, cause } = error
  return {
    type,
    message,
    ...(depth === 0 && { stack }),
    ...(cause !== undefined && depth < 5 && { cause: told(cause, depth + 1) }),
  }
}
