// Tells what runs, where it answers and where its log lies.
import { health } from './addresses.ts'
import { visitorName } from './cluster/access.ts'
import { notAnswering } from './parts/answers.ts'
import { type PartState, readState, type State } from './state.ts'

export async function status(json: boolean, write: (text: string) => void = console.log): Promise<number> {
  const state = await looked(readState())
  write(json ? JSON.stringify(state, null, 2) : table(state))
  return state.running ? 0 : 1
}

/** A process that lives may still not serve: who can be asked is asked. The gateway is a pod, known by its answer only. */
async function looked(state: State): Promise<State> {
  if (Object.keys(state.parts).length === 0) return state
  const gateway: PartState = {
    state: 'running',
    pid: null,
    log: 'kubectl --namespace slipway-gateway logs deployment/traefik',
  }
  const entries = Object.entries({ ...state.parts, gateway }).map(
    async ([name, part]) => [name, await asked(name, part)] as const,
  )
  const parts = Object.fromEntries(await Promise.all(entries))
  return { ...state, parts, running: Object.values(parts).every((part) => part.state === 'running') }
}

async function asked(name: string, part: PartState): Promise<PartState> {
  const url = (health as Readonly<Record<string, string>>)[name]
  if (part.state !== 'running' || url === undefined) return part
  const missing = await notAnswering(url, name === 'kube-apiserver' ? 'admin' : undefined).catch(
    (error: Error) => error.message,
  )
  return missing === undefined ? part : { ...part, state: 'not answering' }
}

export function table(state: State): string {
  const parts = Object.entries(state.parts)
  if (parts.length === 0) return 'Nothing of Slipway runs on this machine. `npm run up` starts it.'
  const rows = parts.map(([name, part]) => [name, part.state, String(part.pid ?? '-'), part.log])
  return [aligned([['PART', 'STATE', 'PID', 'LOG'], ...rows]), '', aligned(places(state))].join('\n')
}

/** The addresses that people use, and what they need beside them. */
export function places(state: State): string[][] {
  return [
    ['apps', `${state.addresses.app} (by host name)`],
    ['releases', `${state.addresses.api}/ (a page; it asks for a token: ${pageToken(state)})`],
    ["Slipway's API", state.addresses.api],
    ['git remote', `${state.git.url}/<app>.git (password: the content of ${state.git.pushTokenFile})`],
    ['Temporal', state.addresses.temporalUi],
    ['Prometheus', state.addresses.prometheus],
    ['gateway', state.addresses.gateway],
    ['kubectl', `${state.kubectl} --kubeconfig ${state.kubeconfig}`],
  ]
}

/** The command that makes a token for the page about releases. */
export const pageToken = ({ kubectl, kubeconfig }: State): string =>
  `${kubectl} --kubeconfig ${kubeconfig} create token ${visitorName}`

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
