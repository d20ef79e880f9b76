// A browser for tests of pages: Debian's headless Chromium with the libraries that this machine lacks, unpacked into the cache.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { paths } from '../paths.ts'
import { ask, run } from '../process.ts'
import { debianBrowser } from '../versions.ts'
import { cached } from './cache.ts'
import { onPath, unpackPackages, withLists } from './debian.ts'

/** From the PATH when its version is a known one, else from its package: some 100 MB, fetched once. */
export async function chromium(note: (text: string) => void = () => {}): Promise<string> {
  const own = await browserOnPath()
  if (own !== undefined) return own
  await cached(name, async (draft, folder) => {
    await fetchInto(draft, note)
    writeFileSync(join(draft, 'fonts.conf'), fontsIn(folder))
    mkdirSync(join(draft, 'bin'))
    writeFileSync(join(draft, 'bin', 'chromium'), starter(folder), { mode: 0o755 })
  })
  return chromiumPath()
}

/** Where it is kept once it was fetched: tests that are run by themselves look here too. */
export const chromiumPath = (): string => join(paths.cache, name, 'bin', 'chromium')

/** Debian keeps the newest version alone: which one it was is asked of the program. */
const name = 'chromium-1'

/** What makes letters look the same everywhere. */
const fonts = 'fonts-dejavu-core'

async function browserOnPath(): Promise<string | undefined> {
  for (const path of debianBrowser.names.map(onPath)) {
    if (path !== undefined && debianBrowser.accepts.test((await ask([path, '--version'])) ?? '')) return path
  }
  return undefined
}

async function fetchInto(folder: string, note: (text: string) => void): Promise<void> {
  try {
    await withLists(async () => unpackPackages(await wanted(), folder, note))
  } catch (cause) {
    const known = debianBrowser.names.join(' or ')
    const advice = `Without a browser no page is tested: put a ${known} on the PATH.`
    throw new Error(`${(cause as Error).message}\n${advice}`, { cause })
  }
}

/** The browser, and of what it needs the packages that are not installed. */
async function wanted(): Promise<readonly string[]> {
  const { stdout } = await run(
    ['apt-get', 'install', '--simulate', '--no-install-recommends', debianBrowser.package],
    { env: { LC_ALL: 'C' }, timeout: 60_000 },
  )
  const lacking = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, one = '']) => one)
  return [...new Set([debianBrowser.package, 'chromium-common', fonts, ...lacking])].sort()
}

/** It finds its libraries and fonts through a wrapper, so that no path leaks into what starts it. */
const starter = (folder: string): string => `#!/bin/sh
machine=${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu
libraries=${folder}/usr/lib/$machine
export LD_LIBRARY_PATH=$libraries:$libraries/pulseaudio:${folder}/lib/$machine
export FONTCONFIG_FILE=${folder}/fonts.conf
exec ${folder}/usr/lib/chromium/chromium-headless-shell "$@"
`

const fontsIn = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>${folder}/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
  ${alias('system-ui', 'DejaVu Sans')}
  ${alias('sans-serif', 'DejaVu Sans')}
  ${alias('ui-monospace', 'DejaVu Sans Mono')}
  ${alias('monospace', 'DejaVu Sans Mono')}
</fontconfig>
`

const alias = (family: string, font: string): string =>
  `<alias binding="same"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`
