// The built code of a part: another build of it is a reason to start it anew.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { paths } from '../paths.ts'

/** Changes whenever the built code of one of these folders does, or a dependency. */
export function built(folders: readonly string[]): string {
  const hash = createHash('sha256')
  for (const folder of folders) {
    for (const file of filesUnder(join(paths.root, 'dist', folder))) hash.update(readFileSync(file))
  }
  const lock = join(paths.root, 'package-lock.json')
  if (existsSync(lock)) hash.update(readFileSync(lock))
  return hash.digest('hex')
}

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /\.(js|css|html)$/.test(file) && statSync(file).isFile())
    .sort()
}
