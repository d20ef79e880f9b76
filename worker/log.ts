// The worker's log: JSON lines; what Temporal's runtime and the activities say goes the same way.
import type { Logger as TemporalLogger } from '@temporalio/worker'
import { type Logger, pino } from 'pino'

export const jsonLog = (name: string): Logger =>
  pino({
    name,
    level: 'info',
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

export function temporalLogger(log: Logger): TemporalLogger {
  const at = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: object) =>
    log[level](fields ?? {}, message)
  const logger = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
  return {
    ...logger,
    log: (level, message, fields) => logger[level.toLowerCase() as Lowercase<typeof level>](message, fields),
  }
}
