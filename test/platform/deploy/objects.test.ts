import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { isMadeOf } from '../../../platform/deploy/made.ts'
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

test('configuration comes as variables, and as files where a folder is named; what is written in the file is stronger', () => {
  const config = [
    { kind: 'ConfigMap', name: 'settings', copy: 'settings-11111111' },
    { kind: 'Secret', name: 'db', copy: 'db-22222222' },
    { kind: 'Secret', name: 'tls', copy: 'tls-33333333', mount: '/etc/tls' },
  ] as const
  const { deployment } = revisionObjects(aRevision(app, 'configured', { config }))
  expect(deployment.spec.template).toMatchObject({
    spec: {
      volumes: [{ name: 'config-2', secret: { secretName: 'tls-33333333' } }],
      containers: [
        {
          envFrom: [{ configMapRef: { name: 'settings-11111111' } }, { secretRef: { name: 'db-22222222' } }],
          volumeMounts: [{ name: 'config-2', mountPath: '/etc/tls', readOnly: true }],
        },
      ],
    },
  })
  expect(isMadeOf(deployment, aRevision(app, 'configured', { config }))).toBe(true)
  expect(isMadeOf(deployment, aRevision(app, 'configured', { config: config.slice(1) }))).toBe(false)
})

test('an autoscaler goes between what is needed now and what is declared', () => {
  const autoscale = { min: 2, max: 5, cpu: 60 }
  const objects = (pods?: number) =>
    revisionObjects(aRevision(app, 'elastic', { run: aRun({ autoscale }) }), pods)
  expect(objects().autoscaler?.spec).toEqual({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: objects().deployment.metadata.name },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
      },
    ],
  })
  expect(objects(1)).toMatchObject({
    deployment: { spec: { replicas: 1 } },
    autoscaler: { spec: { minReplicas: 1 } },
  })
  expect(objects(9).autoscaler?.spec.minReplicas).toBe(5)
  expect(revisionObjects(aRevision(app, 'fixed')).autoscaler).toBeUndefined()
})
