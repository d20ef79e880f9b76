// What the git client does when the server misbehaves: redirects, stalls, floods, breaks off, speaks something else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { PermanentFailure } from '../../../domain/failure.ts'
import { gitSource } from '../../../platform/source/git.ts'

const token = 'token-0f1e2d3c4b5a'
const sha = '0123456789abcdef0123456789abcdef01234567'
const close: (() => void)[] = []
afterEach(() => {
  for (const end of close.splice(0)) end()
})

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  close.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const packet = (text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}
const capabilities = 'multi_ack_detailed side-band-64k shallow ofs-delta symref=HEAD:refs/heads/main'
const greeting = Buffer.concat([
  packet('# service=git-upload-pack\n'),
  Buffer.from('0000'),
  packet(`${sha} HEAD\0${capabilities}\n`),
  packet(`${sha} refs/heads/main\n`),
  Buffer.from('0000'),
])

/** Greets like git, then answers a command with these bytes. */
const gitThatAnswers = (bytes: Buffer) =>
  serve((request, response) => {
    response.setHeader('content-type', 'application/x-git-upload-pack-advertisement')
    response.end(request.method === 'GET' ? greeting : bytes)
  })
const shallow = Buffer.concat([packet(`shallow ${sha}`), Buffer.from('0000'), packet('NAK\n')])

const sourceAt = (url: string, limits = { timeout: 2_000, maxBytes: 1_000_000 }) => {
  const source = gitSource({ token: () => token, plainHttpUnder: [url], limits })
  const app = { repository: `${url}/shop.git`, branch: 'main' }
  return { head: () => source.head(app), read: () => source.read(app, sha, 'slipway.yaml') }
}
const errorOf = async (promise: Promise<unknown>): Promise<Error> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Error)
  expect(String(error)).not.toContain(token)
  expect(String(error)).not.toContain(Buffer.from(`x-access-token:${token}`).toString('base64'))
  return error as Error
}

describe('a git server', () => {
  it('that redirects is refused, and the other host never hears from us', async () => {
    let heard = 0
    const elsewhere = await serve((_request, response) => {
      heard++
      response.end()
    })
    const url = await serve((_request, response) => response.writeHead(302, { location: elsewhere }).end())
    const error = await errorOf(sourceAt(url).head())
    expect(error).toMatchObject({ reason: 'Invalid' })
    expect(error.message).toContain(`redirects to ${new URL(elsewhere).host}`)
    expect(heard).toBe(0)
  })

  it('that never answers is given up on', async () => {
    const url = await serve(() => {})
    const error = await errorOf(sourceAt(url, { timeout: 200, maxBytes: 1000 }).head())
    expect(error).not.toBeInstanceOf(PermanentFailure)
    expect(error.message).toContain('no end within 200 ms')
  })

  it('that stops in the middle of its answer is given up on', async () => {
    const url = await serve((_request, response) => response.write('0000'))
    const error = await errorOf(sourceAt(url, { timeout: 300, maxBytes: 1000 }).head())
    expect(error.message).toContain('no end within 300 ms')
  })

  it('that never stops is cut off', async () => {
    let sent = 0
    const url = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    await errorOf(sourceAt(url).head())
    expect(sent).toBeLessThan(64_000_000)
  })

  it.each([
    [401, 'Forbidden'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
  ])('that says %i fails for good: %s', async (status, reason) => {
    const url = await serve((_request, response) => response.writeHead(status).end('a secret page'))
    const error = await errorOf(sourceAt(url).head())
    expect(error).toMatchObject({ reason })
    expect(error.message).not.toContain('a secret page')
  })

  it.each([429, 500, 503])('that says %i is asked again later', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end())
    expect(await errorOf(sourceAt(url).head())).not.toBeInstanceOf(PermanentFailure)
  })

  it('that is gone is asked again later', async () => {
    const error = await errorOf(sourceAt('http://127.0.0.1:1').head())
    expect(error).not.toBeInstanceOf(PermanentFailure)
    expect(error.message).toContain('127.0.0.1:1')
  })

  it('that is no git server is told apart', async () => {
    const url = await serve((_request, response) => response.end('<html>hello</html>'))
    expect((await errorOf(sourceAt(url).head())).message).toContain(`cannot read ${url}/shop.git`)
  })

  it('that breaks off a pack with an error is not believed', async () => {
    const error = packet('\x03fatal: out of memory')
    const url = await gitThatAnswers(Buffer.concat([shallow, packet('\x01PACK'), error, Buffer.from('0000')]))
    expect(await errorOf(sourceAt(url).read())).not.toBeInstanceOf(PermanentFailure)
  })

  it('that sends nothing, or half a pack, is not believed', async () => {
    for (const rest of [Buffer.from('0000'), packet('\x01PACK'), Buffer.from('00ff\x01PACK')]) {
      const url = await gitThatAnswers(Buffer.concat([shallow, rest]))
      expect(await errorOf(sourceAt(url).read())).not.toBeInstanceOf(PermanentFailure)
    }
  })

  it('that does not know the commit says so', async () => {
    const url = await gitThatAnswers(packet(`ERR upload-pack: not our ref ${sha}`))
    expect(await errorOf(sourceAt(url).read())).toMatchObject({ reason: 'NotFound' })
  })
})
