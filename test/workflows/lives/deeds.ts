// Does what a script says to an App.
import type { CommandRequest } from '../../../domain/command.ts'
import { appWorkflowId, type ReleaseRef, releaseWorkflowId } from '../../../domain/release.ts'
import { command, sourceMoved } from '../../../workflows/messages.ts'
import type { Home } from './home.ts'
import type { Mishaps } from './mishaps.ts'
import { type Deed, fares } from './script.ts'

export const noCommit = '0'.repeat(40)

export type Deeds = ReturnType<typeof deeds>

export function deeds(home: Home, mishaps: Mishaps) {
  const { house, app, source, world, known, log, namespace, script } = home
  const shas = home.pushed
  let asked = 0
  let sweeps = 0
  let configured = 0

  const appHandle = () => house.client.workflow.getHandle(appWorkflowId(app))
  const refs = (): readonly ReleaseRef[] => world.releasesOf(app).map(({ release }) => release)
  const releaseRef = (which: number): ReleaseRef => {
    const open = world.releasesOf(app).filter(({ outcome }) => !outcome)
    const ref = (which % 4 === 3 ? undefined : open.at(-1)?.release) ?? pick([...refs()].reverse(), which)
    if (!ref) throw new Error('there is no release')
    return ref
  }
  const handle = (ref: ReleaseRef) => house.client.workflow.getHandle(releaseWorkflowId(ref))

  async function say(sha: string): Promise<void> {
    if (sha !== noCommit) known.tell(sha)
    await house.client.workflow.signalWithStart('app', {
      workflowId: appWorkflowId(app),
      taskQueue: house.taskQueue,
      args: [{ app, ...(script.renewAfter !== undefined && { renewAfter: script.renewAfter }) }],
      signal: sourceMoved,
      signalArgs: [{ ref: 'refs/heads/main', after: sha, delivery: `delivery-${sha.slice(0, 7)}` }],
    })
  }

  async function ask(
    whom: ReturnType<typeof appHandle>,
    verb: CommandRequest['verb'],
    more: Partial<CommandRequest> = {},
  ): Promise<void> {
    asked += 1
    const id = `${namespace}-${verb}-${asked}`
    const request = { id, verb, reason: '', by: 'ana', ...more }
    const answered = () => whom.executeUpdate(command, { args: [request] })
    const { message } = await house.client.withDeadline(Date.now() + 20_000, answered)
    log.push(`  ${verb}: ${message}`)
  }

  const askRelease = (ref: ReleaseRef, verb: CommandRequest['verb'], by: string) => {
    known.ask(ref, verb, by)
    return ask(handle(ref), verb, { by })
  }

  /** By what somebody calls a revision that served before. */
  const calledBefore = (which: number): string | undefined => {
    const served = [...world.revisions.values()].filter((one) => one.served !== undefined)
    return pick(served, which)?.revision[which % 2 === 0 ? 'name' : 'release']
  }

  async function sweep(): Promise<void> {
    sweeps += 1
    const workflowId = `sweep/${namespace}/${sweeps}`
    await house.client.workflow.start('sweep', { taskQueue: house.taskQueue, workflowId, args: [] })
  }

  async function act(what: Deed): Promise<void> {
    switch (what.deed) {
      case 'push': {
        const sha = world.push(source, { 'slipway.yaml': manifest(what.file) })
        shas.push(sha)
        known.files.set(sha, what.file)
        world.plan(sha, fares[what.fare])
        if (what.fare !== 'good' && what.fare !== 'slow' && what.fare !== 'long') known.unhealthy()
        return what.told ? say(sha) : undefined
      }
      case 'tell again':
        return say(pick(shas, what.which) ?? noCommit)
      case 'forge':
        return say('f'.repeat(40))
      case 'force back': {
        const to = pick(shas, what.which) ?? noCommit
        known.again.add(to)
        world.repositories.get(source.repository)?.branches.set('main', to)
        return say(to)
      }
      case 'ask':
        return askRelease(releaseRef(what.which), what.verb, what.by ?? 'ana')
      case 'ask the App': {
        const ref = pick([...refs()].reverse(), what.which)
        const to = what.verb === 'rollback' && what.to ? calledBefore(what.which) : undefined
        const about = what.verb === 'retry' && ref ? { release: ref } : {}
        return ask(appHandle(), what.verb, { ...about, ...(to !== undefined && { to }) })
      }
      case 'turn':
        known.unhealthy()
        return world.plan(pick(shas, what.which) ?? '', { errors: what.fare === 'good' ? 0 : 0.5 })
      case 'metrics':
        return world.metrics(what.fare)
      case 'visitors':
        return world.gateway.visitors(app, what.perSecond)
      case 'hook':
        return void world.hooks.set('before-50', { passes: what.passes, takes: what.takes })
      case 'fault':
        return mishaps.plan(what.verb, what.mishap, what.times)
      case 'configure':
        configured += 1
        return void world.config.set(`${app.namespace}/settings`, { GREETING: `hello ${configured}` })
      case 'tamper':
        known.unhealthy()
        return world.gateway.tamper(app, [{ revision: 'elsewhere', weight: 1000 }], 'kubectl-edit')
      case 'end the App':
        await appHandle().terminate('a test')
        return known.endApp()
      case 'end the release':
        known.endRelease()
        return void (await handle(releaseRef(0)).terminate('a test'))
      case 'cancel':
        return void (await handle(releaseRef(0)).cancel())
      case 'sweep':
        return sweep()
      case 'restart':
        return house.restart(what.how ?? 'stopped')
    }
  }

  /** Whoever waits for people is helped. */
  async function help(turn: number): Promise<void> {
    const attempt = (done: Promise<unknown>) => done.catch(() => undefined)
    await attempt(ask(appHandle(), 'unfreeze'))
    const open = world.releasesOf(app).find(({ outcome, phase }) => !outcome && phase !== 'pending')
    if (!open) return
    await attempt(askRelease(open.release, 'resume', 'ana'))
    await attempt(askRelease(open.release, 'approve', 'ana'))
    await attempt(askRelease(open.release, 'approve', 'bo'))
    if (turn % 2 === 0) await attempt(askRelease(open.release, 'abort', 'ana'))
  }

  return { act, say, sweep, help, appHandle }
}

export const pick = <One>(many: readonly One[], which: number): One | undefined => many[which % many.length]

export const manifest = (spec: string): string => `
apiVersion: slipway.dev/v1beta1
kind: App
metadata: {name: shop}
spec:
  ${spec}
`
