// Who changed a revision: only another's hand on something of ours counts.
import { expect, test } from 'vitest'
import { revisionObjects } from '../../../platform/deploy/objects.ts'
import { changedBy } from '../../../platform/deploy/repair.ts'
import { aRevision } from '../../contract/fixtures.ts'

const { deployment } = revisionObjects(aRevision({ namespace: 'default', name: 'shop' }, 'one'))
const path = ['f:spec', 'f:template']
const template = { 'f:spec': { 'f:template': { 'f:spec': {} } } }
type Template = { metadata: object; spec: { containers: readonly object[] } }
const wanted = deployment.spec.template as Template
const [app = {}] = wanted.spec.containers

const thereWith = (...managers: readonly object[]) => {
  const managedFields = [{ manager: 'slipway', fieldsV1: template }, ...managers]
  return { ...deployment, metadata: { ...deployment.metadata, managedFields } }
}
const edit = { manager: 'kubectl-edit', fieldsV1: template }
const withApp = (change: object): Template => ({
  ...wanted,
  spec: { ...wanted.spec, containers: [{ ...app, terminationMessagePath: '/dev/log', ...change }] },
})

test('another image is a change, and has its author', () => {
  expect(changedBy(thereWith(edit), path, withApp({ image: 'another' }), wanted)).toBe('kubectl-edit')
})

test('what others put beside ours is theirs', () => {
  const restarted = { ...wanted, metadata: { ...wanted.metadata, annotations: { restartedAt: 'now' } } }
  expect(changedBy(thereWith(edit), path, restarted, wanted)).toBeUndefined()
  const sidecar = {
    ...wanted,
    spec: { ...wanted.spec, containers: [...wanted.spec.containers, { name: 'mesh' }] },
  }
  expect(changedBy(thereWith(edit), path, sidecar, wanted)).toBeUndefined()
  expect(changedBy(thereWith(edit), path, withApp({}), wanted)).toBeUndefined()
})

test('what an earlier Slipway wrote otherwise is no change', () => {
  expect(changedBy(thereWith(), path, withApp({ imagePullPolicy: 'Always' }), wanted)).toBeUndefined()
})

test('whoever writes only the status, or the number of pods, changed nothing', () => {
  const status = { manager: 'kube-controller-manager', subresource: 'status', fieldsV1: template }
  const scaled = { manager: 'kubectl', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }
  expect(changedBy(thereWith(status, scaled), path, withApp({ image: 'another' }), wanted)).toBeUndefined()
})
