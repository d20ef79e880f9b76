// Tells what runs, where it answers and where its log lies.
import { addresses } from './addresses.ts'
import { notAnswering } from './parts/answers.ts'
import { readState, type State } from './state.ts'

export async function status(json: boolean, write: (text: string) => void = console.log): Promise<number> {
  const state = readState()
  const gateway = (await answers(`${addresses.gateway}/ping`)) ? 'running' : 'stopped'
  if (json) write(JSON.stringify({ ...state, gateway }, null, 2))
  else write(table(state, gateway))
  return state.running && gateway === 'running' ? 0 : 1
}

export function table(state: State, gateway: string): string {
  const parts = Object.entries(state.parts)
  if (parts.length === 0) return 'Nothing of Slipway runs on this machine. `npm run up` starts it.'
  const rows = [
    ['PART', 'STATE', 'PID', 'LOG'],
    ...parts.map(([name, part]) => [name, part.state, String(part.pid ?? '-'), part.log]),
    ['gateway', gateway, '-', 'kubectl --namespace slipway-gateway logs deployment/traefik'],
  ]
  return [aligned(rows), '', aligned(places(state))].join('\n')
}

/** The addresses that people use, and what they need beside them. */
export function places(state: State): string[][] {
  return [
    ['apps', `${state.addresses.app} (by host name)`],
    ["Slipway's API", state.addresses.api],
    ['git remote', `${state.git.url}/<app>.git (password: the content of ${state.git.pushTokenFile})`],
    ['Temporal', state.addresses.temporalUi],
    ['Prometheus', state.addresses.prometheus],
    ['gateway', state.addresses.gateway],
    ['kubectl', `${state.kubectl} --kubeconfig ${state.kubeconfig}`],
  ]
}

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

async function answers(url: string): Promise<boolean> {
  return notAnswering(url).then(
    (missing) => missing === undefined,
    () => false,
  )
}
