// What a gate asks for, in words for people.
import { formatDuration } from './duration.ts'
import type { ApprovalGate, Gate } from './gate.ts'

/** `waits for 1 approval of ana, bo; after 24h it is taken back`. */
export function asks(gate: Gate): string {
  if (gate.kind === 'hook')
    return 'url' in gate.hook ? `asking ${hostOf(gate.hook.url)}` : `running ${gate.hook.command.join(' ')}`
  const otherwise = gate.otherwise === 'abort' ? 'it is taken back' : 'it goes on'
  return `${approvalsOf(gate)}; after ${formatDuration(gate.timeout)} ${otherwise}`
}

/** `before-50 is open: approved by ana`. */
export const opened = (gate: string, why: string): string => `${gate} is open: ${why}`

/** Whether a release's history says so with this. */
export const isOpened = (gate: string, message: string): boolean => message.startsWith(opened(gate, ''))

/** No more of an address than its host: a path or a query may be a secret. */
const hostOf = (url: string): string => /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? 'a hook'

function approvalsOf({ approvers, approvals, notPusher }: ApprovalGate): string {
  const who = approvers.length > 0 ? ` of ${approvers.map(({ name }) => name).join(', ')}` : ''
  const eyes = notPusher ? ', and not who pushed it' : ''
  return `waits for ${approvals === 1 && !who ? 'an approval' : `${approvals} approval${approvals === 1 ? '' : 's'}${who}`}${eyes}`
}
