// `npm run demo`: the whole road on screen, with times: stable, promoted under load, taken back by itself.

import { atMostWorse, evidenceOfHarm } from '../domain/judge/in-words.ts'
import { pagePath } from '../domain/release.ts'
import { addresses } from './addresses.ts'
import { complaints, harmed } from './complaints.ts'
import { demoRepository, githubHome } from './github-here.ts'
import type { ReleaseMeasures } from './measures.ts'
import { type Road, type Trip, travel } from './road.ts'
import { readState, type State } from './state.ts'
import { pageToken } from './status.ts'

/** Everything runs already. Fails with what went otherwise than it must; else returns the exit code. */
export async function demo(onGithub = false): Promise<number> {
  const begun = Date.now()
  const say = console.log
  const state = readState()
  say('')
  const road = await travel({
    state,
    say: (line) => say(`${elapsed(Date.now() - begun)}  ${line}`),
    ...(onGithub && { home: githubHome(state) }),
  })
  const wrong = complaints(road)
  if (wrong.length > 0) {
    throw new Error(`the demo did not go as it must:\n  ${wrong.join('\n  ')}\nThe logs: ${state.log}`)
  }
  for (const line of [...story(road), ...measuresOf(road), ...addressesOf(state, road)]) say(line)
  if (onGithub) for (const line of githubPages(road)) say(line)
  return 0
}

const elapsed = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1).padStart(6)} s`

function story({ first, good, bad, after }: Road): string[] {
  return [
    '',
    'What happened',
    `  version ${first.version.number}  ${first.status.outcome}: it holds all traffic`,
    `  version ${good.version.number}  ${good.status.outcome} under load: ${good.traffic.requests} requests, ${good.traffic.failed} failed (p50 ${ms(good.traffic.latency.p50)}, p99 ${ms(good.traffic.latency.p99)})`,
    ...evidence(good),
    `  version ${bad.version.number}  ${bad.status.outcome}: ${bad.traffic.requests} requests, ${harmed(bad)} harmed; after it ${after.requests} requests, ${after.failed} failed`,
    ...evidence(bad),
    `             ${bad.status.message}`,
  ]
}

function evidence({ status }: Trip): string[] {
  const test = status.evidence?.test
  if (!test) return []
  const requests = status.evidence.canary.requests
  return [
    `             evidence of harm ${evidenceOfHarm(test)}, ${atMostWorse(test)}, from ${requests} requests`,
  ]
}

function measuresOf({ first, good, bad, memory }: Road): string[] {
  const trips = [first, good, bad]
  return [
    '',
    `${'Measures'.padEnd(38)}${trips.map(column).join('')}`,
    row('push → release started', trips, ({ pushToStarted }) => pushToStarted),
    row('release started → image digest', trips, ({ startedToImage }) => startedToImage),
    row('image digest → first request', trips, ({ imageToFirstRequest }) => imageToFirstRequest),
    row('weight change → served (median)', trips, ({ weightToServed }) => weightToServed?.median),
    row('weight change → served (slowest)', trips, ({ weightToServed }) => weightToServed?.max),
    row('decision to roll back → 0 %', trips, ({ decisionToZero }) => decisionToZero),
    row('push → outcome', trips, ({ whole }) => whole),
    row('Temporal events', trips, ({ temporalEvents }) => temporalEvents, String),
    row('Kubernetes API calls', trips, ({ kubernetesCalls }) => kubernetesCalls, String),
    `  memory: ${Object.entries(memory)
      .map(([part, size]) => `${part} ${size} MiB`)
      .join(', ')}`,
  ]
}

const column = ({ version }: Trip): string => `version ${version.number}`.padStart(14)

function row(
  title: string,
  trips: readonly Trip[],
  value: (measures: ReleaseMeasures) => number | undefined,
  write: (value: number) => string = ms,
): string {
  const cells = trips.map(({ measures }) => {
    const found = value(measures)
    return (found === undefined ? '–' : write(found)).padStart(14)
  })
  return `  ${title.padEnd(36)}${cells.join('')}`
}

const ms = (value: number): string =>
  value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`

function addressesOf(state: State, { app, host, bad }: Road): string[] {
  const { addresses } = state
  return [
    '',
    'It all keeps running',
    `  app          curl -H 'Host: ${host}' ${addresses.app}/`,
    `  releases     ${addresses.api}${pagePath(bad.status.release)}   (the page asks for a token: see below)`,
    `  Slipway API  ${addresses.api}`,
    `  Temporal UI  ${addresses.temporalUi}`,
    `  Prometheus   ${addresses.prometheus}`,
    `  git remote   ${state.git.url}/${app.name}.git   (password: the token in ${state.git.pushTokenFile})`,
    `  kubeconfig   ${state.kubeconfig}`,
    '',
    `  ${state.kubectl} --kubeconfig ${state.kubeconfig} get releases`,
    `  ${pageToken(state)}      for the page, good for an hour`,
    `  cli/slipway explain ${bad.measures.release}`,
    '  npm run status      where everything is',
    '  npm run down        stop it and put back what it changed',
    '',
  ]
}

/** What a browser is shown instead of a terminal. */
const githubPages = (road: Road): string[] => [
  'What GitHub shows',
  `  every commit and its check  ${addresses.githubLocal}/${demoRepository}/commits`,
  ...[road.first, road.good, road.bad].map(
    ({ status: { release }, version }) =>
      `  version ${version.number}: the check's evidence     ${addresses.githubLocal}/${demoRepository}/commit/${release.sha}/checks`,
  ),
  '',
]
