// The pages, as a browser asks for them: what stands on a commit, buttons that send webhooks, and nothing that could run.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stage, stage } from '../stage.ts'

let on: Stage
let sha: string
let run: number
beforeAll(async () => {
  on = await stage()
  sha = await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main')
  const authorization = `Bearer ${await on.token()}`
  const made = await on.ask(
    'POST',
    '/repos/acme/shop/check-runs',
    {
      name: 'slipway / shop / approve',
      head_sha: sha,
      conclusion: 'action_required',
      external_id: 'release/default/shop/1-abc',
      details_url: 'https://slipway.example.com/shop',
      output: {
        title: 'Waits for <b>ana</b>',
        summary: '## Evidence\n\n| | requests |\n|---|--:|\n| canary | 4120 |\n\n<script>alert(1)</script>',
        annotations: [
          {
            path: 'slipway.yaml',
            start_line: 12,
            end_line: 12,
            start_column: 5,
            annotation_level: 'failure',
            message: 'unknown key <port>',
          },
        ],
      },
      actions: [{ label: 'Approve', description: 'Let it go on', identifier: 'approve' }],
    },
    authorization,
  )
  run = made.body.id
  const deployment = { ref: sha, environment: 'default/shop', auto_merge: false, required_contexts: [] }
  const { body } = await on.ask('POST', '/repos/acme/shop/deployments', deployment, authorization)
  const status = { state: 'in_progress', environment_url: 'https://shop.example.com' }
  await on.ask('POST', `/repos/acme/shop/deployments/${body.id}/statuses`, status, authorization)
  await on.github.settled()
})
afterAll(() => on.close())

const look = async (path: string) => {
  const response = await fetch(`${on.github.url}${path}`)
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const submit = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${on.github.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: new URLSearchParams(fields),
  })

describe('the pages', () => {
  test('lead from the repositories to a commit', async () => {
    expect((await look('/')).text).toContain('href="/acme/shop/commits"')
    const commits = await look('/acme/shop')
    expect(commits.text).toContain(`href="/acme/shop/commit/${sha}/checks"`)
    expect(commits.text).toContain('<span class="state asks">slipway / shop / approve</span>')
  })
  test('show what a check found, as text', async () => {
    const { text } = await look(`/acme/shop/commit/${sha}/checks`)
    expect(text).toContain('Waits for &lt;b&gt;ana&lt;/b&gt;')
    expect(text).toContain('<td class="number">4120</td>')
    expect(text).toContain('slipway.yaml:12:5')
    expect(text).toContain('unknown key &lt;port&gt;')
    expect(text).not.toMatch(/<script>|<b>ana/)
  })
  test('show where the commit was deployed', async () => {
    const { text } = await look(`/acme/shop/commit/${sha}/checks`)
    expect(text).toContain('default/shop')
    expect(text).toContain('href="https://shop.example.com"')
  })
  test('let nothing run but the one script that shows what changes', async () => {
    const { headers, text } = await look(`/acme/shop/commit/${sha}/checks`)
    const [, script = ''] = /<script type="module">(.*?)<\/script>/s.exec(text) ?? []
    const sum = createHash('sha256').update(script).digest('base64')
    const policy = headers.get('content-security-policy')?.split('; ') ?? []
    expect(policy).toContain("default-src 'none'")
    expect(policy.filter((rule) => rule.startsWith('script-src'))).toEqual([`script-src 'sha256-${sum}'`])
  })
  test('let nothing at all run where an App is made', async () => {
    const { headers, text } = await look('/settings/apps/new')
    expect(headers.get('content-security-policy')).not.toContain('script-src')
    expect(text).not.toContain('<script')
  })
  test('say where their forms come from', async () => {
    const { headers } = await look('/')
    // With `no-referrer` a browser would send the buttons' forms with `Origin: null`.
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })
  test.each(['/acme/nothing/commits', `/acme/shop/commit/${'0'.repeat(40)}/checks`, '/acme/shop/runs/1'])(
    '%s is not there',
    async (path) => expect((await look(path)).status).toBe(404),
  )
})

describe('a button', () => {
  const path = () => `/acme/shop/runs/${run}`

  test('is pressed by who looks', async () => {
    const before = on.came.length
    const pressed = await submit(path(), { identifier: 'approve' }, { cookie: 'login=ben' })
    await on.github.settled()
    expect(pressed.headers.get('location')).toBe(`/acme/shop/commit/${sha}/checks#run-${run}`)
    const [event] = on.came.slice(before).map(({ body }) => JSON.parse(body))
    expect(event).toMatchObject({
      action: 'requested_action',
      requested_action: { identifier: 'approve' },
      sender: { login: 'ben' },
    })
  })
  test('without a name asks for the check again', async () => {
    const before = on.came.length
    await submit(path(), { identifier: '' })
    await on.github.settled()
    const [event] = on.came.slice(before).map(({ body }) => JSON.parse(body))
    expect(event).toMatchObject({ action: 'rerequested', sender: { login: 'ana' } })
  })
  test('asks for everything on the commit again', async () => {
    const before = on.came.length
    const page = `/acme/shop/commit/${sha}/checks`
    expect((await submit(page, {})).headers.get('location')).toBe(page)
    await on.github.settled()
    const [event] = on.came.slice(before).map(({ body }) => JSON.parse(body))
    expect(event).toMatchObject({
      action: 'rerequested',
      check_suite: { head_sha: sha, latest_check_runs_count: 1 },
      sender: { login: 'ana' },
    })
  })
  test('is pressed from these pages', async () => {
    const pressed = await submit(path(), { identifier: 'approve' }, { origin: on.github.url })
    expect(pressed.status).toBe(303)
    await on.github.settled()
  })
  test('cannot be pressed from another site', async () => {
    const refused = await submit(path(), { identifier: 'approve' }, { origin: 'https://evil.example.com' })
    expect(refused.status).toBe(403)
  })
})
