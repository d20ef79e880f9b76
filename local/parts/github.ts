// The local GitHub as a part of its own: only where somebody wants to see what Slipway shows on a commit.
import { join } from 'node:path'
import { health } from '../addresses.ts'
import { paths } from '../paths.ts'
import { notAnswering } from './answers.ts'
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
    missing: () => notAnswering(health.github),
  }
}
