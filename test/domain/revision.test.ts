// A revision's name says what it is: the same declaration is the same name, whoever asks and however it was written.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { AppSpec } from '../../domain/app.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { ConfigCopy } from '../../domain/config.ts'
import { parseManifest } from '../../domain/manifest.ts'
import { makePlan } from '../../domain/plan.ts'
import type { Plan } from '../../domain/release.ts'
import { type HashVersion, hashVersion, makeRevision } from '../../domain/revision.ts'

const app = { namespace: 'default', name: 'shop' }
const sha = '3f2c1d0'.padEnd(40, 'a')
const image = { repository: 'registry.example/default/shop', digest: `sha256:${'0'.repeat(64)}` }
const source = { repository: 'https://github.com/acme/shop', branch: 'main' }
const commit = { sha, title: 'Sell more', author: 'ana', committedAt: 0 }

/** What revisions were called when each version of the hash was new. */
const names = new URL('../golden/revision-names/', import.meta.url)
interface Golden {
  readonly run: object
  readonly copies?: readonly ConfigCopy[]
  readonly name: string
}

const minimal = 'apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\n'
const spec = parseManifest(minimal, app)
const planOf = (run: Partial<AppSpec['run']> = {}, seq = 7): Plan =>
  makePlan({ app, seq, sha }, commit, source, { ...spec, run: { ...spec.run, ...run } })

describe('a revision', () => {
  it('is named by App, commit and declaration', () => {
    const revision = makeRevision(planOf(), image)
    expect(revision).toEqual({ app, name: revision.name, release: 'shop-7', sha, image, run: spec.run })
    expect(revision.name).toMatch(/^shop-3f2c1d0-[0-9a-f]{4}$/)
  })

  // A new Slipway must not roll what runs: when this fails, add a version of the hash instead of changing it.
  it('keeps its name from version to version of Slipway', () => {
    expect(hashVersion).toBe('1')
    const run = { port: 8080, replicas: 2, env: {}, resources: { cpu: '100m', memory: '256Mi' }, health: '/' }
    expect(makeRevision(planOf(run), image).name).toBe('shop-3f2c1d0-c55a')
  })

  describe.each(readdirSync(names).map((file) => file.replace('.yaml', '') as HashVersion))(
    'by version %s of the hash',
    (version) => {
      const golden: readonly Golden[] = parse(readFileSync(new URL(`${version}.yaml`, names), 'utf8'))
      it.each(golden)('is $name with $run', ({ run, copies, name }) => {
        const text = `${minimal}spec: ${JSON.stringify({ run })}`
        const plan = makePlan({ app, seq: 7, sha }, commit, source, parseManifest(text, app))
        expect(makeRevision(plan, image, copies, version).name).toBe(name)
      })
    },
  )

  it('has names on record for the version that is in use', () => {
    expect(readdirSync(names)).toContain(`${hashVersion}.yaml`)
  })

  it('has the same name in every release, and wherever the registry moves', () => {
    const { name } = makeRevision(planOf(), image)
    expect(makeRevision(planOf({}, 8), image).name).toBe(name)
    expect(makeRevision(planOf(), { ...image, repository: 'elsewhere.example/shop' }).name).toBe(name)
  })

  it.each([
    ['another image', {}, { ...image, digest: `sha256:${'1'.repeat(64)}` }],
    ['another port', { port: 8081 }, image],
    ['another variable', { env: { A: '1' } }, image],
    ['more replicas', { replicas: 3 }, image],
  ])('has another name with %s', (_, run, built) => {
    expect(makeRevision(planOf(run), built).name).not.toBe(makeRevision(planOf(), image).name)
  })

  it('fits a label and a Service’s name, with the longest App’s name', () => {
    const name = 'a'.repeat(40)
    const plan = { ...planOf(), release: { app: { ...app, name }, seq: 1, sha } }
    expect(makeRevision(plan, image).name.length).toBeLessThanOrEqual(63)
  })

  it('spreads over the four digits', () => {
    const names = Array.from(
      { length: 1000 },
      (_, i) => makeRevision(planOf({ env: { A: `${i}` } }), image).name,
    )
    // 1000 of 65536: about eight pairs meet by chance.
    expect(new Set(names).size).toBeGreaterThan(970)
  })
})

describe('canonical JSON', () => {
  it('is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('is the same whatever the order of keys, and without what is undefined', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse())
        expect(canonicalJson({ ...turned, gone: undefined })).toBe(
          canonicalJson({ ...object, gone: undefined }),
        )
      }),
    )
    expect(canonicalJson({ b: 1, a: [{ d: null, c: undefined }] })).toBe('{"a":[{"d":null}],"b":1}')
  })
})
