import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { revisionObjects } from '../../../platform/deploy/objects.ts'
import { aRevision, aRun } from '../../contract/fixtures.ts'

const app = { namespace: 'default', name: 'shop' }
const golden = new URL('../../golden/revision.yaml', import.meta.url)

test('a revision is one Service and one Deployment', () => {
  const revision = aRevision(app, 'golden', {
    run: aRun({ replicas: 3, env: { LOG_LEVEL: 'info', GREETING: 'hello' } }),
  })
  const { service, deployment } = revisionObjects(revision)
  const written = parseAllDocuments(readFileSync(golden, 'utf8')).map((document) => document.toJS())
  expect([service, deployment]).toEqual(written)
})

test('the release that made it is not part of the pods: releasing the same again rolls nothing', () => {
  const template = (release: string) =>
    revisionObjects(aRevision(app, 'same', { release })).deployment.spec.template
  expect(template('shop-1')).toEqual(template('shop-2'))
})
