// The client on a real server: what it shows, what it keeps, what it makes of each answer, and what never leaves it.
import { createPublicKey, verify } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { PermanentFailure, RateLimited } from '../../../domain/failure.ts'
import type { GitHubOptions } from '../../../platform/github/client.ts'
import { Refused } from '../../../platform/github/failure.ts'
import { sendJson } from '../http-server.ts'
import { key, littleGitHub, type Says } from './server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function github(says: Says = () => undefined, options: Partial<GitHubOptions> = {}) {
  const server = await littleGitHub(says, options)
  closing.push(server.close)
  const runs = () =>
    server.client.on(server.repository, { checks: 'write' }, { method: 'GET', path: '/check-runs' })
  return { ...server, runs }
}

const failure = (asking: Promise<unknown>): Promise<Error> =>
  asking.then(
    () => Promise.reject(new Error('it was answered')),
    (error: Error) => error,
  )

/** The runs are there; everything else as the server has it. */
const withRuns: Says = ({ path }, response) =>
  path.endsWith('/check-runs') && sendJson(response, 200, { check_runs: [] })

describe('the App itself', () => {
  it('shows a token that its key signed, back-dated by a minute and good for less than ten', async () => {
    const now = Date.UTC(2026, 0, 1)
    const { client, asked } = await github((_, response) => sendJson(response, 200, []), { now: () => now })
    await client.asApp({ method: 'GET', path: '/app/hook/deliveries' })
    const [head = '', claims = '', signature = ''] = `${asked[0]?.headers.authorization}`.slice(7).split('.')
    const parts = [head, claims].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    expect(parts).toEqual([
      { alg: 'RS256', typ: 'JWT' },
      { iat: now / 1000 - 60, exp: now / 1000 + 540, iss: '12' },
    ])
    const signed = Buffer.from(`${head}.${claims}`)
    expect(verify('sha256', signed, createPublicKey(key), Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('takes GitHub’s clock when its own is off, and tells it once', async () => {
    const theirs = Date.now() + 20 * 60_000
    const claimsOf = (authorization = '') =>
      JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString())
    const { client, asked } = await github(({ headers }, response) => {
      response.setHeader('date', new Date(theirs).toUTCString())
      const late = claimsOf(headers.authorization).exp * 1000 < theirs
      sendJson(response, late ? 401 : 200, late ? { message: 'A JSON web token could not be decoded' } : {})
    })
    const app = { method: 'GET', path: '/app' } as const
    await client.asApp(app)
    await client.asApp(app)
    expect(asked).toHaveLength(3)
  })

  it('says that the key is refused, and may be tried again', async () => {
    const { runs, asked } = await github((_, response) =>
      sendJson(response, 401, { message: 'Bad credentials' }),
    )
    const error = await failure(runs())
    expect(error).toBeInstanceOf(Refused)
    expect(error.message).toMatch(
      /^GitHub refuses GET \/repos\/acme\/shop\/installation \(401\): the App's key/,
    )
    expect(asked).toHaveLength(1)
  })

  it('reads the key when it is used, and says nothing of one that is none', async () => {
    let pem = 'no key but a secret'
    const { runs } = await github(withRuns, { key: () => pem })
    const error = await failure(runs())
    expect(error.message).toContain('.pem')
    expect(`${error.stack} ${error.cause}`).not.toContain('a secret')
    pem = key
    expect((await runs()).status).toBe(200)
  })
})

describe('tokens', () => {
  it('are for one repository and the rights that are needed and granted', async () => {
    const { client, asked, repository } = await github()
    await client.token(repository, { contents: 'read', packages: 'write' })
    const made = asked.find(({ url }) => url.endsWith('/access_tokens'))
    expect(made?.url).toBe('/api/v3/app/installations/7/access_tokens')
    expect(JSON.parse(made?.body ?? '')).toEqual({
      repositories: ['shop'],
      permissions: { contents: 'read' },
    })
  })

  it('are kept until five minutes before they expire, and made once for all who come at once', async () => {
    let now = Date.now()
    const { client, paths, repository } = await github(undefined, { now: () => now })
    const token = () => client.token(repository, { contents: 'read' })
    const [first, second] = await Promise.all([token(), token()])
    expect(first).toBe(second)
    now += 54 * 60_000
    expect(await token()).toBe(first)
    now += 2 * 60_000
    expect(await token()).not.toBe(first)
    expect(paths()).toHaveLength(4)
  })

  it('are made anew when GitHub takes one back, whatever they look like', async () => {
    const { runs, asked } = await github((one, response) => {
      if (!one.path.endsWith('/check-runs')) return
      const first = `${one.headers.authorization}`.endsWith('.1')
      sendJson(response, first ? 401 : 200, { message: 'Bad credentials' })
    })
    expect((await runs()).status).toBe(200)
    expect((await runs()).status).toBe(200)
    expect(asked.filter(({ url }) => url.endsWith('/access_tokens'))).toHaveLength(2)
  })

  it('are asked for again after a failure', async () => {
    let installed = false
    const { runs } = await github((one, response) => {
      if (one.path.endsWith('/installation') && !installed) sendJson(response, 404, { message: 'Not Found' })
      else withRuns(one, response)
    })
    const error = await failure(runs())
    expect(error).toBeInstanceOf(Refused)
    expect(error.message).toMatch(/^the GitHub App is not installed on acme\/shop \(404\): install it there/)
    installed = true
    expect((await runs()).status).toBe(200)
  })

  it('follow a repository to its new name by its number, and so does what is asked with them', async () => {
    const { client, asked, repository } = await github(({ path, method, body }, response) => {
      const [, below] = /^\/repos\/acme\/shop(\/.*)$/.exec(path) ?? []
      if (below) response.writeHead(301, { location: `/api/v3/repositories/1296269${below}` }).end()
      else if (path === '/repositories/1296269/check-runs') sendJson(response, 201, { method, body })
    })
    const run = { method: 'POST', path: '/check-runs', body: { name: 'x' } } as const
    const answer = await client.on(repository, { checks: 'write' }, run)
    expect(answer.body).toEqual({ method: 'POST', body: '{"name":"x"}' })
    const made = asked.find(({ url }) => url.endsWith('/access_tokens'))
    expect(JSON.parse(made?.body ?? '')).toMatchObject({ repository_ids: [1296269] })
  })

  it('are not asked for where the answer is about something else', async () => {
    const { runs } = await github(({ path }, response) => {
      if (path === '/repos/acme/shop/installation')
        response.writeHead(301, { location: '/api/v3/repositories/1296269' }).end()
      else sendJson(response, 200, { id: 1296269 })
    })
    expect((await failure(runs())).message).toBe("GitHub's answer names no installation on acme/shop")
  })
})

describe('limits', () => {
  const refusing = (status: number, headers: Record<string, string>, message = 'slow down') =>
    github((one, response) => {
      if (!one.path.endsWith('/check-runs')) return
      response.writeHead(status, { ...headers, 'content-type': 'application/json' })
      response.end(JSON.stringify({ message }))
    })

  it.each([
    ['retry-after', 403, { 'retry-after': '90' }, 90_000],
    ['retry-after', 429, { 'retry-after': '5' }, 5000],
    ['no time', 403, {}, 60_000, 'You have exceeded a secondary rate limit'],
    ['no time', 429, {}, 60_000],
    ['more than an hour', 403, { 'retry-after': '99999' }, 3_600_000],
  ])('are waited for by whoever asked: %s (%i)', async (_, status, headers, after, message?) => {
    const { runs, asked } = await refusing(status, headers as Record<string, string>, message)
    const error = await failure(runs())
    expect(error).toBeInstanceOf(RateLimited)
    expect((error as RateLimited).retryAfter).toBe(after)
    // Nothing more is asked meanwhile.
    const before = asked.length
    expect(await failure(runs())).toBeInstanceOf(RateLimited)
    expect(asked).toHaveLength(before)
  })

  it('of the hour end when GitHub says so', async () => {
    const reset = Math.ceil(Date.now() / 1000) + 600
    const { runs } = await refusing(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${reset}` })
    const error = (await failure(runs())) as RateLimited
    expect(error.retryAfter).toBeGreaterThan(590_000)
    expect(error.retryAfter).toBeLessThanOrEqual(601_000)
  })

  it('are counted', async () => {
    const seen: string[] = []
    const { runs } = await github(
      ({ path }, response) => {
        if (path.endsWith('/check-runs')) response.writeHead(429, { 'retry-after': '1' }).end()
      },
      { onLimited: (kind) => void seen.push(kind) },
    )
    await failure(runs())
    expect(seen).toEqual(['secondary'])
  })

  it('are kept before GitHub has to say so', async () => {
    const { client, repository, asked } = await github(({ path }, response) => {
      if (path.endsWith('/check-runs')) sendJson(response, 201, {})
    })
    const create = () =>
      client.on(repository, { checks: 'write' }, { method: 'POST', path: '/check-runs', body: {} })
    for (let one = 0; one < 80; one++) await create()
    const before = asked.length
    const error = (await failure(create())) as RateLimited
    expect(error).toBeInstanceOf(RateLimited)
    expect(error.retryAfter).toBeLessThanOrEqual(60_000)
    expect(asked).toHaveLength(before)
  })
})

describe('answers', () => {
  const answering = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    github((one, response) => {
      if (!one.path.endsWith('/check-runs')) return
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
    })

  it('that refuse what was sent are final', async () => {
    const errors = [{ field: 'head_sha', code: 'invalid' }]
    const { runs } = await answering(422, { message: 'Validation Failed', errors })
    const error = await failure(runs())
    expect(error).toBeInstanceOf(PermanentFailure)
    expect(error.message).toContain('Validation Failed [{"field":"head_sha"')
  })

  it.each([
    [403, { message: 'Resource not accessible by integration' }],
    [404, { message: 'Not Found' }],
    [502, '<html>nobody home</html>'],
  ])('that refuse otherwise may be other ones later (%i)', async (status, body) => {
    const { runs } = await answering(status, body)
    expect(await failure(runs())).toMatchObject({ name: 'Refused', status })
  })

  it('are not final either when it is the token that is refused: a right may be given back', async () => {
    const { runs } = await github(({ path }, response) => {
      const message = 'The permissions requested are not granted to this installation.'
      if (path.endsWith('/access_tokens')) sendJson(response, 422, { message })
    })
    expect(await failure(runs())).toMatchObject({ name: 'Refused', status: 422 })
  })

  it('that lead elsewhere are not followed, and the token with them', async () => {
    const elsewhere = await github()
    const { runs } = await answering(301, '', { location: `${elsewhere.url}/repositories/1/check-runs` })
    expect((await failure(runs())).message).toContain('which is not followed')
    expect(elsewhere.asked).toEqual([])
  })

  it('are read so far and no further', async () => {
    const { runs } = await answering(200, `"${'x'.repeat(6 * 1024 * 1024)}"`)
    expect((await failure(runs())).message).toContain('longer than 5242880 bytes')
  })

  it('are not waited for longer than so', async () => {
    const { runs } = await github(
      ({ path }, response) => {
        // Its head is on its way, its body is not.
        if (path.endsWith('/check-runs')) response.writeHead(200).write('{')
      },
      { timeout: 300 },
    )
    expect((await failure(runs())).message).toBe(
      'GitHub did not answer GET /repos/acme/shop/check-runs: nothing within 0.3 s',
    )
  })

  it('never bring a token into an error', async () => {
    for (const status of [400, 401, 403, 404, 422, 429, 500]) {
      const { runs, asked } = await answering(status, { message: 'no' })
      const error = await failure(runs())
      const secrets = asked.map(({ headers }) => `${headers.authorization}`.slice(7))
      for (const secret of secrets) expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(secret)
    }
  })
})

describe('repositories', () => {
  it('of another host, or that are none, are not asked for', async () => {
    const { client, asked, url } = await github()
    for (const other of [
      'https://github.com/acme/shop',
      `${url}/acme`,
      'acme/shop',
      `${new URL(url).origin}/a/b/c`,
    ])
      expect(await failure(client.token(other, { contents: 'read' }))).toBeInstanceOf(PermanentFailure)
    expect(asked).toEqual([])
  })
})
