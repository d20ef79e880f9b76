// Keeps what was fetched or built under a name that says what it is; half of a thing is never kept.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { paths } from '../paths.ts'

/** The folder of that name in the cache; `make` fills it the first time. */
export async function cached(
  name: string,
  make: (draft: string, folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(paths.cache, name)
  if (existsSync(folder)) return folder
  const draft = `${folder}.draft-${process.pid}`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  try {
    await make(draft, folder)
    mkdirSync(dirname(folder), { recursive: true })
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}
