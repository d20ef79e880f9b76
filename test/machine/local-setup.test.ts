// The local setup itself, as a person drives it: started once, repaired after any kill, stopped without a trace.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { addresses, network } from '../../local/addresses.ts'
import { paths, secretFiles } from '../../local/paths.ts'
import { occupant } from '../../local/ports.ts'
import { readState } from '../../local/state.ts'
import { debianTools } from '../../local/tools/debian.ts'

const runFile = promisify(execFile)
const verb = (...words: string[]) =>
  runFile(process.execPath, [`${paths.root}/dist/local/main.js`, ...words], { maxBuffer: 16 * 1024 * 1024 })

const pids = () =>
  Object.fromEntries(Object.entries(readState().parts).map(([name, { pid }]) => [name, pid] as const))

/** Who wants the machine as it was has it so, whatever these tests find. */
afterAll(() => verb('up'))

describe('the local setup', () => {
  test('up, a second time, starts nothing twice', async () => {
    const before = pids()
    expect(Object.keys(before).length).toBeGreaterThan(10)
    await verb('up')
    expect(pids()).toEqual(before)
  })

  test('up repairs every part at once after kill -9', async () => {
    const before = Object.entries(pids())
    for (const [name, pid] of before) {
      expect(pid, name).not.toBeNull()
      process.kill(Number(pid), 'SIGKILL')
    }
    await verb('up')
    const { running, parts } = readState()
    expect(running).toBe(true)
    for (const [name, pid] of before) expect(parts[name]?.pid, name).not.toBe(pid)
    expect((await fetch(`${addresses.api}/readyz`)).status).toBe(200)
    expect((await fetch(`${addresses.worker}/readyz`)).status).toBe(200)
  })

  test('down leaves no process, mount, bridge, firewall rule, control group or open port behind', async () => {
    const token = readFileSync(secretFiles.gitPush, 'utf8')
    await verb('down')
    expect(readState().running).toBe(false)
    expect(processesOfOurs()).toEqual([])
    expect(mountsOfOurs()).toEqual([])
    expect(existsSync(`/sys/class/net/${network.bridge}`)).toBe(false)
    expect(await firewallRules()).toEqual([])
    expect(podGroups()).toEqual([])
    expect(existsSync(paths.run)).toBe(false)
    expect(openPorts()).toEqual([])
    expect(readFileSync(secretFiles.gitPush, 'utf8')).toBe(token)
  })

  test('up, after down, has everything run again', async () => {
    await verb('up')
    expect(readState().running).toBe(true)
    expect((await fetch(`${addresses.api}/readyz`)).status).toBe(200)
  })
})

function processesOfOurs(): string[] {
  const ours = [paths.state, paths.run, paths.cache, 'dist/worker/main.js', 'dist/api/main.js']
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((command) => ours.some((path) => command.includes(path)))
}

const mountsOfOurs = () =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter(
      (line) => line.includes(paths.state) || line.includes(paths.run) || line.includes('/run/netns/cni'),
    )

async function firewallRules(): Promise<string[]> {
  const { iptablesSave } = await debianTools()
  const rules = await runFile(iptablesSave)
  return rules.stdout.split('\n').filter((line) => /KUBE-|CNI-|slipway0/.test(line))
}

const podGroups = () =>
  readdirSync('/sys/fs/cgroup', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [name, ...readdirSync(`/sys/fs/cgroup/${name}`)])
    .filter((name) => name.startsWith('kubepods'))

/** Read from the kernel's tables: where no bridge is, a connection to its address would leave the machine. */
function openPorts(): string[] {
  const places = Object.values(addresses).map((address) =>
    address.replace(/^https?:\/\//, '').replace(/\/.*/, ''),
  )
  return [...new Set(places)].filter((place) => {
    const [host = '', port = ''] = place.split(':')
    return occupant(host, Number(port)) !== undefined
  })
}
