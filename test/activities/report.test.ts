// What an App's workflow that was lost is rebuilt from.
import { describe, expect, it } from 'vitest'
import { reportVerbs } from '../../activities/report.ts'
import { PermanentFailure } from '../../domain/failure.ts'
import type { Platform } from '../../platform/platform.ts'

const app = { namespace: 'harbour', name: 'shop' }
const source = { repository: 'https://git.example.com/shop.git', branch: 'main' }
const refused = async () => {
  throw new PermanentFailure('Forbidden', 'cannot get httproutes in harbour')
}

/** In a namespace where Slipway may not read routes. */
function withoutRights(declared: { source: typeof source | undefined }) {
  const report = { history: async () => [], remembered: async () => undefined }
  const deploy = { describe: async () => ({ ...declared, revisions: [] }) }
  const platform = { report, deploy, traffic: { read: refused } }
  return reportVerbs(platform as unknown as Platform, { now: () => 0, sleep: async () => {} })
}

describe('where Slipway has no rights', () => {
  it('nothing is remembered of an App that is gone', async () => {
    expect(await withoutRights({ source: undefined }).loadApp(app)).toEqual({
      said: {},
      seq: 0,
      releases: [],
    })
  })

  it('an App that asks to be released is told what is missing', async () => {
    await expect(withoutRights({ source }).loadApp(app)).rejects.toMatchObject({ reason: 'Forbidden' })
  })
})
