// Asking a registry, real HTTP on loopback.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holds } from '../../../platform/build/registry.ts'
import { fakeImage } from '../../contract/fixtures.ts'

describe('holds', () => {
  const asked: string[] = []
  let status = 200
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status).end()
  })
  let host: string
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  const image = () => ({ ...fakeImage('a'), repository: `${host}/default/shop` })

  it('asks for the manifest by its digest', async () => {
    status = 200
    expect(await holds(image(), { insecure: true })).toBe(true)
    expect(asked).toEqual([`HEAD /v2/default/shop/manifests/${image().digest}`])
  })

  it('knows a no from no answer', async () => {
    status = 404
    expect(await holds(image(), { insecure: true })).toBe(false)
    status = 401
    await expect(holds(image(), { insecure: true })).rejects.toThrow('status 401')
    await expect(holds({ ...image(), repository: '127.0.0.1:1/x' }, { insecure: true })).rejects.toThrow(
      'cannot ask the registry for 127.0.0.1:1/x@sha256:',
    )
  })
})
