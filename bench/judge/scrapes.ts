// Prometheus as a release meets it: how often it reads the gateway, what it is told there, and whether it answers at all.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { prometheusConfig, prometheusSettings } from '../../local/parts/services.ts'
import { sleep } from '../../local/process.ts'
import type { State } from '../../local/state.ts'

export interface Prometheus {
  /** From now on the counters of these Apps are no numbers. */
  readonly blur: (app: string) => void
  readonly clear: (app: string) => void
  /** It answers nobody and reads nothing; it goes on where it was. */
  readonly stop: () => void
  readonly resume: () => void
  /** Everything is as it was. */
  readonly restore: () => Promise<void>
}

/** Has Prometheus read the gateway every so often, through a reader that can lose an App's numbers on the way. */
export async function takePrometheus(state: State, every: string): Promise<Prometheus> {
  const pid = processOf(state)
  const { gateway, prometheus: url } = state.addresses
  const blurred = new Set<string>()
  const between = await passOn(gateway, blurred)
  const restore = async () => {
    process.kill(pid, 'SIGCONT')
    try {
      await reload(pid, url, prometheusSettings(), gateway)
    } finally {
      await between.close()
    }
  }
  try {
    await reload(pid, url, prometheusSettings({ every, from: between.url }), between.url)
  } catch (error) {
    await restore()
    throw error
  }
  return {
    blur: (app) => void blurred.add(app),
    clear: (app) => void blurred.delete(app),
    stop: () => void process.kill(pid, 'SIGSTOP'),
    resume: () => void process.kill(pid, 'SIGCONT'),
    restore,
  }
}

function processOf({ parts }: State): number {
  const pid = parts.prometheus?.pid
  if (!pid) throw new Error('Prometheus does not run: `npm run up` starts it')
  return pid
}

const reloadWithin = 20_000

/** Writes the settings and waits until Prometheus reads the gateway there. */
async function reload(pid: number, url: string, settings: object, from: string): Promise<void> {
  writeFileSync(prometheusConfig, JSON.stringify(settings, null, 2), { mode: 0o600 })
  process.kill(pid, 'SIGHUP')
  for (const end = Date.now() + reloadWithin; Date.now() < end; await sleep(200)) {
    const target = await gatewayTarget(url).catch(() => undefined)
    if (target?.scrapeUrl.startsWith(`${from}/`)) return
  }
  throw new Error(
    `Prometheus does not read ${from}, ${reloadWithin / 1000} s after it was told to: its log says why`,
  )
}

interface Target {
  readonly labels: { readonly job: string }
  readonly scrapeUrl: string
}

async function gatewayTarget(url: string): Promise<Target | undefined> {
  const answer = await fetch(`${url}/api/v1/targets?state=active`, { signal: AbortSignal.timeout(2_000) })
  const { data } = (await answer.json()) as { data: { activeTargets: readonly Target[] } }
  return data.activeTargets.find(({ labels }) => labels.job === 'gateway')
}

/** Passes the gateway's counters on; those of a blurred App are not a number. */
async function passOn(gateway: string, blurred: ReadonlySet<string>) {
  const server = createServer((_request, response) => {
    fetch(`${gateway}/metrics`, { signal: AbortSignal.timeout(900) })
      .then((answer) => answer.text())
      .then(
        (text) =>
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(blur(text, blurred)),
        () => response.writeHead(502).end(),
      )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The text format's lines, with NaN in place of the values of these Apps. */
export function blur(text: string, apps: ReadonlySet<string>): string {
  if (apps.size === 0) return text
  const lines = text.split('\n').map((line) => {
    const app = /httproute-default-([a-z0-9-]+?)-gw-/.exec(line)?.[1]
    return app !== undefined && apps.has(app) ? line.replace(/ \S+$/, ' NaN') : line
  })
  return lines.join('\n')
}
