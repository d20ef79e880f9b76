// The whole way against a GitHub that keeps state: registered by one click, installed by another, and nothing is missing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import type { Github as Door } from '../../cli/github.ts'
import { type Github, startGithub } from '../../local/github/server.ts'
import { type KubeServer, kubeServer } from '../api/kube-server.ts'
import { httpServer } from '../platform/http-server.ts'
import { addressIn, doorTo } from './github-door.ts'
import { slipway } from './screen.ts'

const root = mkdtempSync(join(tmpdir(), 'github-'))
let github: Github
let kube: KubeServer
let receiver: Awaited<ReturnType<typeof httpServer>>
let door: Door

beforeAll(async () => {
  github = await startGithub({ root })
  await github.createRepository('acme/shop')
  await github.createRepository('acme/store')
  kube = await kubeServer()
  receiver = await httpServer((_, response) => void response.writeHead(202).end())
  door = doorTo(kube)
})
afterAll(async () => {
  await github.close()
  await kube.close()
  await receiver.close()
  rmSync(root, { recursive: true })
})

const plain = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&')

/** What a browser does when its user presses the button that makes the App. */
async function press(address: string, page: string): Promise<Response> {
  const action = /<form method="post" action="([^"]*\/settings\/apps\/new[^"]*)"/.exec(page)?.[1] ?? ''
  const body = new URLSearchParams()
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g))
    body.append(name, plain(value))
  return fetch(new URL(plain(action), address), { method: 'POST', body })
}

/** Opens what the terminal says, and agrees twice: here, and at GitHub. */
async function agree(address: string): Promise<void> {
  const there = await press(address, await (await fetch(address)).text())
  const end = await press(there.url, await there.text())
  expect(await end.text()).toContain('Slipway is registered')
}

it('registers, is installed, and lacks nothing', async () => {
  const agreed: Promise<void>[] = []
  const heard = (text: string) => {
    const address = addressIn(text)
    if (address) agreed.push(agree(address))
  }
  const args = [
    'github',
    'init',
    '--url',
    github.url,
    '--org',
    'acme',
    '--webhook-url',
    receiver.url,
    '--json',
  ]
  const made = await slipway(args, { github: door, heard })
  await Promise.all(agreed)
  expect(made.code, made.err).toBe(exitCodes.ok)

  const before = await slipway(['github', 'status'], { github: door })
  expect(before.out).toContain('it is installed nowhere')
  expect(before.code).toBe(exitCodes.error)

  const { install } = JSON.parse(made.out)
  await fetch(install, { method: 'POST', body: new URLSearchParams({ install: 'acme' }) })
  await github.settled()
  const after = await slipway(['github', 'status'], { github: door })
  expect(after.out).toMatch(/^acme +(all, )?2 +installed$/m)
  expect(after.out).toMatch(/installation\.created +202$/m)
  expect(after.out).toContain('Nothing is missing.')
  expect(after.code).toBe(exitCodes.ok)
  expect(github.violations()).toEqual([])
})
