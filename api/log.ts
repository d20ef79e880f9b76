// The log: JSON lines, constant sentences with fields, and nothing in them that opens a door.
import { type Logger, pino } from 'pino'

export const jsonLog = (name: string): Logger =>
  pino({
    name,
    level: 'info',
    // Errors are logged under `error`; their cause tells what the sentence cannot.
    serializers: { error: pino.stdSerializers.errWithCause },
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'headers',
        '*.headers',
        'token',
        '*.token',
        'error.request',
      ],
      censor: '…',
    },
  })
