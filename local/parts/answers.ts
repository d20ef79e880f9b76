// Looks whether an address answers as it should: what a part's readiness is made of.
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { authority, type clients } from '../certificates.ts'
import { certificateOf } from '../paths.ts'

export type Answer = { readonly status: number; readonly body: string }

/** What is missing until the address answers with 200. */
export async function notAnswering(url: string, as?: keyof typeof clients): Promise<string | undefined> {
  const answer = await get(url, as)
  return answer.status === 200
    ? undefined
    : `${url} answered ${answer.status}: ${answer.body.trim().slice(0, 300)}`
}

/** Our own servers are known by our authority; the ones that sign for themselves are looked at on loopback only. */
export function get(url: string, as?: keyof typeof clients): Promise<Answer> {
  const secure = url.startsWith('https:')
  const trust = as === undefined ? { rejectUnauthorized: false } : trustAs(as)
  return new Promise((resolve, reject) => {
    const options = { timeout: 3_000, agent: false as const, ...(secure ? trust : {}) }
    const sent = (secure ? httpsRequest : httpRequest)(url, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      )
      answer.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error(`${url} does not answer`)))
    sent.on('error', (cause) => reject(new Error(`${url}: ${cause.message}`, { cause })))
    sent.end()
  })
}

/** Our authority's word, and a certificate to show. */
export function trustAs(name: keyof typeof clients) {
  const { cert, key } = certificateOf(name)
  return { ca: readFileSync(authority.cert), cert: readFileSync(cert), key: readFileSync(key) }
}
