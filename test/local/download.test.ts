// A download counts only when the sum beside it says that it is whole and unchanged.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download } from '../../local/tools/download.ts'

const program = Buffer.from('a program')
const sum = createHash('sha256').update(program).digest('hex')
const folder = mkdtempSync(join(tmpdir(), 'slipway-download-'))
const files: Record<string, string | Buffer> = {
  '/good': program,
  '/good.sha256': `${sum}  good\n`,
  '/changed': 'another program',
  '/changed.sha256': sum,
  '/unsigned': program,
  '/gone.sha256': sum,
}
const server = createServer((request, answer) => {
  const file = files[request.url ?? '']
  answer.writeHead(file === undefined ? 404 : 200).end(file)
})
let base = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(() => void server.close())

test('what its sum vouches for is kept, and can be run', async () => {
  const file = join(folder, 'good')
  expect(await download(`${base}/good`, file)).toBe(true)
  expect(readFileSync(file).equals(program)).toBe(true)
  expect(statSync(file).mode & 0o777).toBe(0o755)
})

test.each(['changed', 'unsigned', 'gone'])('%s: it is passed over, and nothing is written', async (name) => {
  const file = join(folder, name)
  expect(await download(`${base}/${name}`, file)).toBe(false)
  expect(existsSync(file)).toBe(false)
})

test('a place that cannot be reached is passed over', async () => {
  expect(await download('http://127.0.0.1:9/program', join(folder, 'none'))).toBe(false)
})
