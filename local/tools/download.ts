// Official downloads, where the machine reaches them: checked by the sum published beside them, given up quickly.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const patience = { answer: 3_000, whole: 300_000 }

/** Fetches a file whose sum lies beside it as `<url>.sha256`; false when it cannot be had or is not what it should be. */
export async function download(url: string, file: string): Promise<boolean> {
  const sum = await text(`${url}.sha256`)
  const expected = sum?.match(/^[0-9a-f]{64}/)?.[0]
  if (expected === undefined) return false
  const body = await bytes(url)
  if (body === undefined || createHash('sha256').update(body).digest('hex') !== expected) return false
  writeFileSync(file, body, { mode: 0o755 })
  return true
}

async function text(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience.answer) })
    return answer.ok ? (await answer.text()).trim() : undefined
  } catch {
    return undefined
  }
}

async function bytes(url: string): Promise<Buffer | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience.whole) })
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined
  } catch {
    return undefined
  }
}
