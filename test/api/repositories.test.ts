import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bareRepositories } from '../../api/repositories.ts'

/** A repository with a commit on `main`, written as a push would leave it. */
async function withCommit() {
  const root = mkdtempSync(join(tmpdir(), 'repositories-'))
  const repositories = bareRepositories(root)
  await repositories.ensure('shop')
  const git = (...args: string[]) =>
    execFileSync('git', [`--git-dir=${join(root, 'shop.git')}`, ...args], {
      encoding: 'utf8',
      input: '',
    }).trim()
  const tree = git('hash-object', '-t', 'tree', '-w', '--stdin')
  const who = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com']
  const commit = git(...who, 'commit-tree', tree, '-m', 'Begin')
  git('update-ref', 'refs/heads/main', commit)
  return { repositories, git, commit }
}

test('the head of a branch is its newest commit, however git keeps it', async () => {
  const { repositories, git, commit } = await withCommit()
  git('update-ref', 'refs/heads/feature/cart', commit)
  expect(await repositories.head('shop', 'main')).toBe(commit)
  git('pack-refs', '--all', '--prune')
  expect(await repositories.head('shop', 'main')).toBe(commit)
  expect(await repositories.head('shop', 'feature/cart')).toBe(commit)
})

test('a branch that is not there has no head, nor has a tag of its name, nor a repository that is not there', async () => {
  const { repositories, git, commit } = await withCommit()
  git('update-ref', 'refs/tags/v1', commit)
  expect(await repositories.head('shop', 'v1')).toBeUndefined()
  expect(await repositories.head('shop', 'feature')).toBeUndefined()
  expect(await repositories.head('till', 'main')).toBeUndefined()
})
