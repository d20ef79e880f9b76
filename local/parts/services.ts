// What stands beside the cluster on this machine: the image registry, Prometheus and Temporal.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { addresses, health, network } from '../addresses.ts'
import { paths } from '../paths.ts'
import { run } from '../process.ts'
import type { DebianTools } from '../tools/debian.ts'
import { notAnswering } from './answers.ts'
import type { Part } from './part.ts'

const registryConfig = join(paths.config, 'registry.json')
export const prometheusConfig = join(paths.config, 'prometheus.json')

export function registryPart(tools: DebianTools): Part {
  const settings = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(paths.state, 'registry') }, delete: { enabled: true } },
    http: { addr: `${network.host}:5000`, secret: 'uploads never move between processes here' },
  }
  return {
    name: 'registry',
    title: 'the image registry',
    command: [tools['docker-registry'], 'serve', registryConfig],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    files: { [registryConfig]: JSON.stringify(settings, null, 2) },
    missing: () => notAnswering(health.registry),
  }
}

export function prometheus(tools: DebianTools): Part {
  return {
    name: 'prometheus',
    title: 'Prometheus',
    command: [
      tools.prometheus,
      `--config.file=${prometheusConfig}`,
      `--storage.tsdb.path=${join(paths.state, 'prometheus')}`,
      '--storage.tsdb.retention.time=7d',
      '--web.listen-address=127.0.0.1:9090',
      `--web.local-assets=${tools.prometheusWeb}`,
      '--log.level=warn',
    ],
    files: { [prometheusConfig]: JSON.stringify(prometheusSettings(), null, 2) },
    missing: () => notAnswering(health.prometheus),
  }
}

export interface Scrapes {
  /** How often the gateway is read: what a release is judged by, so that it bounds how soon harm is seen. */
  readonly every?: string
  /** Where the gateway's counters are read, when not at the gateway itself. */
  readonly from?: string
}

export function prometheusSettings({ every = '1s', from = addresses.gateway }: Scrapes = {}) {
  const target = (job: string, url: string) => ({
    job_name: job,
    static_configs: [{ targets: [new URL(url).host] }],
  })
  // Whoever passes the gateway's counters on, they stay the gateway's.
  const labels = { instance: new URL(addresses.gateway).host }
  return {
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    scrape_configs: [
      {
        job_name: 'gateway',
        scrape_interval: every,
        scrape_timeout: '1s',
        static_configs: [{ targets: [new URL(from).host], labels }],
      },
      target('slipway-worker', addresses.worker),
      target('slipway-worker-temporal', addresses.workerTelemetry),
      target('slipway-api', addresses.api),
      target('temporal', addresses.temporalMetrics),
      { job_name: 'pods', file_sd_configs: [{ files: [paths.podTargets] }] },
    ],
  }
}

/** The small program that keeps Prometheus' file of pods. */
export function podTargets(): Part {
  return {
    name: 'pod-targets',
    title: "Prometheus' eye for pods",
    command: [process.execPath, join(paths.root, 'dist/local/pod-targets.js')],
    missing: async () =>
      existsSync(paths.podTargets) ? undefined : `${paths.podTargets} is not written yet`,
  }
}

export function temporal(program: string): Part {
  const [host = '', port = ''] = addresses.temporal.split(':')
  const portOf = (url: string) => new URL(url).port
  return {
    name: 'temporal',
    title: 'Temporal',
    urgent: true,
    command: [
      // Histories are for root alone, as everything here.
      ...['sh', '-c', 'umask 077 && exec "$@"', 'temporal'],
      ...[program, 'server', 'start-dev', '--ip', host, '--port', port],
      ...['--ui-ip', '127.0.0.1', '--ui-port', portOf(addresses.temporalUi)],
      ...['--metrics-port', portOf(addresses.temporalMetrics)],
      ...['--db-filename', paths.temporalDatabase, '--log-level', 'warn'],
    ],
    // Its page asks the server for the namespace: when that is known, all of it serves.
    missing: () => notAnswering(health.temporal),
  }
}

/** A release's history is kept as long as a month: longer than a dev server keeps it by itself. */
export async function keepHistories(program: string): Promise<void> {
  const namespace = ['--namespace', 'default', '--address', addresses.temporal]
  await run([program, 'operator', 'namespace', 'update', '--retention', '720h', ...namespace], {
    timeout: 15_000,
  })
}

export function ensureFolders(): void {
  mkdirSync(paths.state, { recursive: true, mode: 0o755 })
  for (const folder of [paths.log, paths.config, paths.git])
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  mkdirSync(paths.run, { recursive: true, mode: 0o711 })
}
