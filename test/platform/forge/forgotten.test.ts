// A release whose record is gone, where GitHub grants less.
import { expect, test } from 'vitest'
import { gitHubForge } from '../../../platform/forge/github.ts'
import { littleGitHub } from '../github/server.ts'
import { sendJson } from '../http-server.ts'
import { aRelease } from './status.ts'

const { release } = aRelease(7)

test('is ended by a commit status where checks were not granted', async () => {
  const said: unknown[] = []
  const github = await littleGitHub(({ path, body }, response) => {
    if (!path.endsWith(`/statuses/${release.sha}`)) return
    said.push(JSON.parse(body))
    sendJson(response, 201, { id: 1 })
  })
  await gitHubForge(github.client).forget(github.repository, release, {
    status: { id: 1, says: 'watching 5%' },
    refused: ['checks', 'deployments'],
  })
  const description = 'its record is gone: nobody can say any more how it ended'
  expect(said).toEqual([{ state: 'error', context: 'slipway/shop', description }])
  await github.close()
})
