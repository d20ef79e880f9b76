// People as the cluster knows them: each has a kubeconfig in their own name, and may do in the Apps' namespace what their roles say.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl, lab, slipway, until } from './lab.ts'

export interface Person {
  readonly name: string
  /** One of Slipway's verbs, asked in their name. */
  readonly slipway: typeof slipway
}

/** A verb on releases that a role has and the one before it does not. */
const telling = { developer: 'abort', approver: 'approve', admin: 'promote' } as const
export type Role = keyof typeof telling

export interface People {
  /** Somebody without any role. */
  readonly person: (name: string) => Promise<Person>
  /** Gives a role, and returns when the cluster goes by it. */
  readonly give: (person: Person, role: Role) => Promise<void>
  readonly leave: () => Promise<void>
}

export async function people(): Promise<People> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-people-'))
  const bindings: string[] = []
  return {
    person: async (name) => {
      const kubeconfig = join(folder, name)
      await writeFile(kubeconfig, await actingAs(name), { mode: 0o600 })
      return { name, slipway: (...words) => slipway('--kubeconfig', kubeconfig, ...words) }
    },
    give: async ({ name }, role) => {
      const binding = `${name}-${role}-${Date.now().toString(36)}`
      const granted = [`--clusterrole=slipway-${role}`, `--user=${name}`, '-n', 'default']
      await kubectl('create', 'rolebinding', binding, ...granted)
      bindings.push(binding)
      await until(`${name} to be ${role}`, 10_000, () => may(name, telling[role]))
    },
    leave: async () => {
      if (bindings.length > 0) await kubectl('delete', 'rolebinding', ...bindings, '-n', 'default')
      await rm(folder, { recursive: true })
    },
  }
}

/** The administrator's kubeconfig, acting as somebody else: the API server knows them by this name and nothing more. */
async function actingAs(name: string): Promise<string> {
  const config = JSON.parse(await readFile(lab.kubeconfig, 'utf8')) as { users: { user: object }[] }
  const users = config.users.map((one) => ({ ...one, user: { ...one.user, as: name } }))
  return JSON.stringify({ ...config, users })
}

const may = (name: string, verb: string): Promise<true | undefined> =>
  kubectl('auth', 'can-i', verb, 'releases.slipway.dev', '-n', 'default', '--as', name).then(
    () => true,
    () => undefined,
  )
