// slipway init: what it finds in a folder, and that it never takes a file away.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { exposedPort } from '../../cli/dockerfile.ts'
import { exitCodes } from '../../cli/exit.ts'
import { appName, manifest, repositoryName } from '../../cli/init.ts'
import { slipway } from './screen.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'My Shop-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const dockerfile = (text: string, name = 'Dockerfile') => writeFileSync(join(cwd, name), text)
const written = () => readFileSync(join(cwd, 'slipway.yaml'), 'utf8')

describe('init', () => {
  it("writes five lines: the folder's name and the port that the Dockerfile exposes", async () => {
    dockerfile('FROM node\nEXPOSE 3000/tcp\n')
    const { code } = await slipway(['init'], { cwd })
    expect(code).toBe(exitCodes.ok)
    expect(written().split('\n')).toHaveLength(6)
    expect(parse(written())).toEqual({
      apiVersion: 'slipway.dev/v1beta1',
      kind: 'App',
      metadata: { name: expect.stringMatching(/^my-shop-[a-z0-9-]+$/) },
      spec: { run: { port: 3000 } },
    })
  })

  it("takes the git remote's name before the folder's", async () => {
    dockerfile('FROM node\nEXPOSE 3000\n')
    execFileSync('git', ['init', '-q', cwd])
    execFileSync('git', ['-C', cwd, 'remote', 'add', 'origin', 'git@git.example.com:acme/Web_Site.git'])
    await slipway(['init'], { cwd })
    expect(parse(written()).metadata.name).toBe('web-site')
  })

  it('leaves an existing file as it is, and writes it anew only when forced', async () => {
    dockerfile('FROM node\nEXPOSE 3000\n')
    writeFileSync(join(cwd, 'slipway.yaml'), 'mine\n')
    const { code, err } = await slipway(['init'], { cwd })
    expect(code).toBe(exitCodes.error)
    expect(err).toContain('--force')
    expect(written()).toBe('mine\n')
    expect((await slipway(['init', '--force'], { cwd })).code).toBe(exitCodes.ok)
    expect(written()).not.toContain('mine')
  })

  it('says that it guessed the port, unless it was told', async () => {
    dockerfile('FROM node\n')
    expect((await slipway(['init'], { cwd })).err).toContain('exposes no port')
    const told = await slipway(['init', '--force', '--port', '8080', '--name', 'shop'], { cwd })
    expect(told.err).toBe('')
    expect(parse(written())).toMatchObject({ metadata: { name: 'shop' }, spec: { run: { port: 8080 } } })
  })

  it('names a Dockerfile that is called otherwise', async () => {
    dockerfile('FROM node\nEXPOSE 80\n', 'Dockerfile.web')
    await slipway(['init'], { cwd })
    expect(parse(written()).spec.build).toEqual({ dockerfile: 'Dockerfile.web' })
  })

  it('ends with code 6 without a Dockerfile and writes nothing', async () => {
    expect((await slipway(['init'], { cwd })).code).toBe(exitCodes.notFound)
    expect(written).toThrow()
  })
})

describe('the port of a Dockerfile', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the braces are Docker's.
  it.each([
    ['FROM a\nEXPOSE 80 443', 80],
    ['FROM a\nEXPOSE 53/udp 8053/tcp', 8053],
    ['FROM a AS build\nEXPOSE 1111\nFROM b\nEXPOSE 2222', 2222],
    ['FROM a AS build\nEXPOSE 1111\nFROM b\nCMD run', undefined],
    ['FROM a\nENV PORT=8088\nEXPOSE $PORT', 8088],
    ['ARG PORT="9000"\nFROM a\nEXPOSE ${PORT}', 9000],
    ['FROM a\nEXPOSE ${PORT:-7000}', 7000],
    ['FROM a\nENV PORT 6000\nEXPOSE $PORT', 6000],
    ['FROM a\n# EXPOSE 1\nexpose \\\n  5000', 5000],
    ['FROM a\nEXPOSE 99999', undefined],
    ['FROM a\nEXPOSE $UNKNOWN', undefined],
    ['', undefined],
  ])('%j is %s', (text, port) => expect(exposedPort(text)).toBe(port))
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above.
})

describe('names', () => {
  it.each([
    ['Shop', 'shop'],
    ['web_site.v2', 'web-site-v2'],
    ['42-answers', 'answers'],
    [`a${'b'.repeat(60)}`, `a${'b'.repeat(39)}`],
  ])('%s becomes %s', (text, name) => expect(appName(text)).toBe(name))

  it('refuses a text without a letter', () => expect(() => appName('42')).toThrow('cannot make'))

  it.each([
    ['https://git.example.com/acme/shop.git\n', 'shop'],
    ['git@git.example.com:shop', 'shop'],
    ['/srv/git/shop.git/', 'shop'],
  ])('the remote %s is called %s', (remote, name) => expect(repositoryName(remote)).toBe(name))

  it('are quoted where YAML would read something else', () =>
    expect(parse(manifest({ name: 'true', port: 1, dockerfile: 'Dockerfile' })).metadata.name).toBe('true'))
})
