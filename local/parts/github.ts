// The local GitHub as a part of its own: only where somebody wants to see what Slipway shows on a commit.
import { join } from 'node:path'
import { addresses } from '../addresses.ts'
import { paths } from '../paths.ts'
import { get } from './answers.ts'
import { built } from './built.ts'
import type { Part } from './part.ts'

export function github(): Part {
  return {
    name: 'github',
    title: 'A GitHub to try things with',
    command: [
      process.execPath,
      '--enable-source-maps',
      join(paths.root, 'dist', 'local', 'github', 'main.js'),
    ],
    also: built(['local']),
    missing: () => refused(`${addresses.githubLocal}/api/v3/app`),
  }
}

/** Whoever refuses a stranger serves. */
async function refused(url: string): Promise<string | undefined> {
  const { status } = await get(url)
  return status === 401 || status === 403 ? undefined : `${url} answered ${status}`
}
