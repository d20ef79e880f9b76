// `slipway status`: every App at a glance, or one App with its running release and its last ones.

import { formatWeight, shortSha, span } from '../domain/figures.ts'
import type { AppView, Cluster, ReleaseView } from './cluster.ts'
import { Exit, type ExitCode, exitCodes } from './exit.ts'
import { answerJson, answerLines, type Invocation } from './invocation.ts'
import { paragraph } from './paragraph.ts'
import { releaseBlock, stateOf } from './release-view.ts'
import { releaseTable } from './releases.ts'
import { type Paint, painter } from './screen.ts'
import { table } from './table.ts'

const recent = 5

export async function status(invocation: Invocation, name: string | undefined): Promise<ExitCode> {
  const cluster = await invocation.cluster()
  return name === undefined ? everyApp(invocation, cluster) : oneApp(invocation, cluster, name)
}

async function everyApp(invocation: Invocation, cluster: Cluster): Promise<ExitCode> {
  const [apps, releases] = await Promise.all([cluster.apps(), cluster.releases()])
  if (invocation.json) answerJson(invocation, apps)
  else if (apps.length > 0) answerLines(invocation, appTable(apps, releases))
  else
    invocation.screen.err(
      `No App in namespace ${cluster.namespace} of ${cluster.server}: begin with slipway init.\n`,
    )
  return exitCodes.ok
}

async function oneApp(invocation: Invocation, cluster: Cluster, name: string): Promise<ExitCode> {
  const [app, releases, hosts] = await Promise.all([
    cluster.app(name),
    cluster.releases(name),
    cluster.hosts(name),
  ])
  if (!app) {
    throw new Exit(
      exitCodes.notFound,
      `no App named "${name}" in namespace ${cluster.namespace} of ${cluster.server}`,
      {
        advice: 'See which there are: slipway status',
      },
    )
  }
  const shown = releases.slice(0, recent)
  const paint = painter(invocation.screen.colour)
  if (invocation.json) answerJson(invocation, { app: { ...app, hosts }, releases: shown })
  else
    answerLines(
      invocation,
      appDetail(app, hosts, shown, paint, invocation.now(), invocation.screen.columns()),
    )
  return exitCodes.ok
}

/** One line an App: what serves, and what is on its way. */
export function appTable(apps: readonly AppView[], releases: readonly ReleaseView[]): string[] {
  const rows = apps.map((app) => {
    const active = releases.find((release) => release.name === app.active)
    const latest = active ?? releases.find((release) => release.release.app.name === app.name)
    return [
      app.name,
      app.stable?.revision ?? '–',
      latest?.name ?? '–',
      latest ? stateOf(latest) : '–',
      active ? formatWeight(active.weight) : '–',
      app.message,
    ]
  })
  return table(['APP', 'STABLE', 'RELEASE', 'STATE', 'WEIGHT', 'MESSAGE'], rows)
}

/** Everything about one App that fits a screen. */
export function appDetail(
  app: AppView,
  hosts: readonly string[],
  releases: readonly ReleaseView[],
  paint: Paint,
  now: number,
  columns = 80,
): string[] {
  const active = releases.find((release) => release.name === app.active)
  return [
    paint('bold', `${app.namespace}/${app.name}`),
    `  source   ${app.repository} ${app.branch}`,
    ...(hosts.length > 0 ? [`  hosts    ${hosts.join(', ')}`] : []),
    `  stable   ${app.stable ? `${app.stable.revision} (commit ${shortSha(app.stable.sha)})` : 'nothing yet'}`,
    ...(app.waiting ? [`  waiting  commit ${shortSha(app.waiting)}`] : []),
    ...(app.frozen ? paragraph('  frozen   ', frozenWords(app.frozen, now), columns) : []),
    ...(app.message ? [`  ${app.message}`] : []),
    ...(active ? ['', ...releaseBlock(active, paint, now, columns)] : []),
    ...(releases.length > 0 ? ['', ...releaseTable(releases, now)] : []),
  ]
}

const frozenWords = ({ by, reason, since }: NonNullable<AppView['frozen']>, now: number): string =>
  `by ${by} for ${span(now - since)}${reason && `: ${reason}`}`
