// Check runs: made, moved on and finished by their App, and refused where GitHub refuses them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anotherAppsToken, type Stage, stage } from './stage.ts'

let on: Stage
let sha: string
let authorization: string
beforeAll(async () => {
  on = await stage()
  sha = await on.commit('a', '1')
  await on.git('push', '--quiet', 'origin', 'main')
  authorization = `Bearer ${await on.token({ repositories: ['shop'], permissions: { checks: 'write' } })}`
})
afterAll(() => on.close())

const runs = '/repos/acme/shop/check-runs'
const create = (change: object = {}) =>
  on.ask('POST', runs, { name: 'slipway / shop', head_sha: sha, ...change }, authorization)
const update = (id: number, change: object) => on.ask('PATCH', `${runs}/${id}`, change, authorization)
const list = async (query = '') =>
  (await on.ask('GET', `/repos/acme/shop/commits/${sha}/check-runs${query}`, undefined, authorization)).body

describe('a check run', () => {
  test('is made, moves on and is finished', async () => {
    const made = await create({ external_id: 'release/default/shop/1', status: 'in_progress' })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ status: 'in_progress', conclusion: null, head_sha: sha })
    const { id } = made.body
    const moved = await update(id, { output: { title: '5 %', summary: 'safe so far' } })
    expect(moved.body).toMatchObject({
      status: 'in_progress',
      output: { title: '5 %', summary: 'safe so far' },
    })
    const finished = await update(id, { conclusion: 'success' })
    expect(finished.body).toMatchObject({
      id,
      status: 'completed',
      conclusion: 'success',
      name: 'slipway / shop',
    })
    expect(finished.body.output.title).toBe('5 %')
    expect(on.github.checkRuns('acme/shop', sha)).toContainEqual(
      expect.objectContaining({ id, conclusion: 'success' }),
    )
  })
  test('can be changed when it is completed, and opened again', async () => {
    const { id } = (await create({ conclusion: 'success' })).body
    expect((await update(id, { output: { title: 't', summary: 's' } })).body.conclusion).toBe('success')
    expect((await update(id, { status: 'in_progress' })).body).toMatchObject({
      status: 'in_progress',
      conclusion: null,
      completed_at: null,
    })
  })
  test('belongs to one suite a commit', async () => {
    const [one, other] = [(await create()).body, (await create({ name: 'other' })).body]
    expect(one.check_suite.id).toBe(other.check_suite.id)
  })
  test('gathers annotations, fifty at a time', async () => {
    const notes = (count: number) => ({
      output: { title: 't', summary: 's', annotations: Array.from({ length: count }, () => note()) },
    })
    const { id } = (await create(notes(50))).body
    expect((await update(id, notes(10))).body.output.annotations_count).toBe(60)
    const page = await on.ask('GET', `${runs}/${id}/annotations?per_page=50&page=2`, undefined, authorization)
    expect(page.body).toHaveLength(10)
    expect(on.github.annotations('acme/shop', id)).toHaveLength(60)
  })
  test('is listed by name, the latest of each unless all are asked for', async () => {
    await create({ name: 'twice', external_id: 'first' })
    await create({ name: 'twice', external_id: 'second' })
    const ids = ({ check_runs }: { check_runs: { external_id: string }[] }) =>
      check_runs.map((one) => one.external_id)
    expect(ids(await list('?check_name=twice'))).toEqual(['second'])
    expect(ids(await list('?check_name=twice&filter=all'))).toEqual(['second', 'first'])
    expect(ids(await list('?check_name=never'))).toEqual([])
  })
  test('of another App is not to be changed', async () => {
    const { id } = (await create()).body
    const token = await anotherAppsToken(on)
    const changed = await on.ask('PATCH', `${runs}/${id}`, { conclusion: 'failure' }, `Bearer ${token}`)
    expect(changed.status).toBe(403)
  })
})

const note = (change: object = {}) => ({
  path: 'slipway.yaml',
  start_line: 3,
  end_line: 3,
  annotation_level: 'failure',
  message: 'unknown key',
  ...change,
})
const noted = (change: object) => ({ output: { title: 't', summary: 's', annotations: [note(change)] } })
const button = (change: object) => ({
  actions: [{ label: 'Approve', description: 'Go on', identifier: 'approve', ...change }],
})

describe('is refused', () => {
  test.each<[string, object]>([
    ['without a name', { name: undefined }],
    ['with a state that is none', { status: 'running' }],
    ['with a summary of 65,536', { output: { title: 't', summary: 'x'.repeat(65_536) } }],
    ['with a text of 65,536', { output: { title: 't', summary: 's', text: 'x'.repeat(65_536) } }],
    ['with output that has no title', { output: { summary: 's' } }],
    ['with 51 annotations', { output: { title: 't', summary: 's', annotations: Array(51).fill(note()) } }],
    ['with four buttons', { actions: Array(4).fill(button({}).actions[0]) }],
    ['with a label of 21', button({ label: 'x'.repeat(21) })],
    ['with a description of 41', button({ description: 'x'.repeat(41) })],
    ['with an identifier of 21', button({ identifier: 'x'.repeat(21) })],
    ['with a level that is none', noted({ annotation_level: 'error' })],
  ])('%s: as published', async (_, change) => {
    const before = on.github.violations().length
    expect((await create(change)).status).toBe(422)
    expect(on.github.violations()).toHaveLength(before + 1)
  })
  test.each<[string, object]>([
    ['completed without a conclusion', { status: 'completed' }],
    ['on a commit that is not there', { head_sha: '1'.repeat(40) }],
    ['on a short name of a commit', { head_sha: 'main' }],
    ['with a page that is none', { details_url: 'javascript:alert(1)' }],
    ['with columns over several lines', noted({ end_line: 4, start_column: 1 })],
    ['with an end before its beginning', noted({ end_line: 2 })],
    ['with a message of more than 64 KB', noted({ message: 'x'.repeat(65_537) })],
    ['with a title of 256', noted({ title: 'x'.repeat(256) })],
  ])('%s: as it is told', async (_, change) => expect((await create(change)).status).toBe(422))
  test('and nothing of it is kept', async () => {
    const { id } = (await create()).body
    await update(id, { name: 'changed', ...noted({ end_line: 2 }) })
    expect(on.github.checkRuns('acme/shop').find((one) => one.id === id)).toMatchObject({
      name: 'slipway / shop',
    })
  })
  test('for a number that is no check run', async () => {
    expect((await update(1, { conclusion: 'success' })).status).toBe(404)
  })
})
