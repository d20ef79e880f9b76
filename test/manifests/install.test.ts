// What the install grants: the least that is needed, and nothing by accident.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buttonVerbs } from '../../api/buttons.ts'
import { appVerbs, releaseVerbs } from '../../domain/command.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}
interface Manifest {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Record<string, string>
  }
  readonly rules?: readonly Rule[]
  readonly roleRef?: { readonly name: string }
  readonly subjects?: readonly { readonly name: string }[]
}

const folder = join(import.meta.dirname, '../../manifests/install')
const manifests = readdirSync(folder).flatMap((file) =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as Manifest),
)
const roles = manifests.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
const rulesOf = (name: string) => roles.find(({ metadata }) => metadata.name === name)?.rules ?? []
const grants = (rules: readonly Rule[]) =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => `${verb} ${group ? `${resource}.${group}` : resource}`),
      ),
    ),
  )

describe('roles', () => {
  it.each(roles.map(({ metadata, rules = [] }) => [metadata.name, rules]))(
    '%s grants nothing dangerous',
    (_, rules) => {
      for (const grant of grants(rules)) {
        expect(grant).not.toContain('*')
        expect(grant).not.toMatch(/ serviceaccounts|pods\/exec|rolebindings|clusterroles/)
        expect(grant).not.toMatch(/^(?!(?:get|create|delete) ).* secrets/)
        expect(grant).not.toMatch(/^(escalate|bind|impersonate) /)
      }
    },
  )

  it('let nobody but the worker near a Secret, and that only where it is bound', () => {
    const near = roles
      .filter(({ rules = [] }) => grants(rules).some((grant) => / secrets/.test(grant)))
      .map(({ metadata }) => metadata.name)
    expect(near).toEqual(['slipway-worker', 'slipway-builder'])
    // Where builds run it writes a token for each, and reads none.
    expect(grants(rulesOf('slipway-builder'))).not.toContain('get secrets')
    const bound = manifests.filter(({ kind }) => kind === 'ClusterRoleBinding')
    expect(bound.map(({ roleRef }) => roleRef?.name)).not.toContain('slipway-worker')
  })

  it('leave the cluster’s scope to reads, reviews and the finalizer of Apps, as which no other patch passes', () => {
    const bound = manifests
      .filter(({ kind }) => kind === 'ClusterRoleBinding')
      .map(({ roleRef }) => roleRef?.name)
    const writes = bound
      .flatMap((name) => grants(rulesOf(name ?? '')))
      .filter((grant) => !/^(get|list|watch) /.test(grant))
    expect(writes).toEqual([
      'patch apps.slipway.dev',
      'create tokenreviews.authentication.k8s.io',
      'create subjectaccessreviews.authorization.k8s.io',
    ])
    const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding')
    expect(policies.map(({ metadata }) => metadata.name)).toContain('apps.slipway.dev')
  })

  it('give the worker at most sixty rights in a namespace of Apps', () => {
    expect(grants(rulesOf('slipway-worker')).length).toBeLessThanOrEqual(60)
  })

  it('give people every verb that a Command may carry', () => {
    const people = ['slipway-developer', 'slipway-admin'].flatMap((name) => grants(rulesOf(name)))
    for (const verb of releaseVerbs) expect(people).toContain(`${verb} releases.slipway.dev`)
    for (const verb of appVerbs) expect(people).toContain(`${verb} apps.slipway.dev`)
  })

  it('let the api ask for what has a button on the commit, and for nothing else', () => {
    const asked = grants(rulesOf('slipway-api')).filter((grant) => / releases\.slipway\.dev$/.test(grant))
    expect(asked.map((grant) => grant.split(' ')[0])).toEqual([...buttonVerbs].sort())
  })

  it('bind only roles that exist, to accounts that exist', () => {
    const accounts = manifests
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => metadata.name)
    for (const { roleRef, subjects = [] } of manifests.filter(({ kind }) => kind.endsWith('RoleBinding'))) {
      expect(roles.map(({ metadata }) => metadata.name)).toContain(roleRef?.name)
      for (const { name } of subjects) expect(accounts).toContain(name)
    }
  })
})
