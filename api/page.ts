// The page about releases, as the build made it: files for anyone. What they show they ask for with the visitor's own token.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Problem, quoted } from './problem.ts'

export interface Page {
  /** The same for every address: the page itself looks at where it is. */
  readonly shell: () => Promise<Response>
  readonly asset: (file: string) => Promise<Response>
}

/** All of it is read at once: no path of a stranger's making ever reaches the disk. */
export function builtPage(folder: string): Page {
  const shell = content(join(folder, 'index.html'))
  const assets = new Map(
    readdirSync(join(folder, 'assets')).map((file) => [
      file,
      { text: content(join(folder, 'assets', file)), type: typeOf(file) },
    ]),
  )
  return {
    shell: async () => new Response(shell, { headers: shellHeaders }),
    asset: async (file) => {
      const asset = assets.get(file)
      if (!asset) throw new Problem(404, 'not-found', `the page has no file ${quoted(file)}; load it again`)
      // The build names a file by what is in it: another content is another name.
      const headers = { 'content-type': asset.type, 'cache-control': 'public, max-age=31536000, immutable' }
      return new Response(asset.text, { headers })
    },
  }
}

const shellHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

function typeOf(file: string): string {
  const type = types[extname(file)]
  if (!type)
    throw new Error(`cannot serve the page's file ${file}: ${extname(file)} has no content type here`)
  return type
}

function content(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read ${file} of the page: run \`npm run build\``, { cause })
  }
}
