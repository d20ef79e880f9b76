// The hooks contract with real Jobs, and what only real pods can do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NoAnswer } from '../../../domain/no-answer.ts'
import { commandHook } from '../../../platform/hooks/command.ts'
import { kinds } from '../../../platform/kinds.ts'
import type { HookQuestion } from '../../../platform/platform.ts'
import { aQuestion } from '../../platform/hooks/question.ts'
import { eventually } from '../eventually.ts'
import { type HookFate, hooksContract } from '../hooks.ts'
import { type ClusterWithPods, clusterWithPods, wait } from './cluster.ts'

const node = (program: string): readonly string[] => ['node', '-e', program]
const programs: Record<HookFate, readonly string[]> = {
  passes: node('setTimeout(() => {}, 500)'),
  refuses: node("console.log('looked at it'); console.error('\\u001b[31mnot\\ntoday'); process.exit(1)"),
  'answers later': node('process.on("SIGTERM", () => process.exit(143)); setTimeout(() => {}, 8000)'),
  'takes long': node('setTimeout(() => {}, 120000)'),
}

async function workshop() {
  const here: ClusterWithPods = await clusterWithPods()
  const app = here.newApp()
  const hook = commandHook(here.kube, 250)
  const labels = ({ release }: HookQuestion) => ({
    'slipway.dev/app': app.name,
    'slipway.dev/release': `${app.name}-${release.seq}`,
  })
  const pods = (question: HookQuestion) =>
    here.admin.list(kinds.Pod, here.namespace, { labels: labels(question) })
  let seq = 0
  return {
    ...here,
    app,
    pods,
    jobs: (question: HookQuestion) =>
      here.admin.list(kinds.Job, here.namespace, { labels: labels(question) }),
    question: (command: readonly string[], change: Partial<HookQuestion['revision']> = {}): HookQuestion => {
      seq += 1
      const revision = { ...here.newRevision(app, { GREETING: 'hello' }), ...change }
      return aQuestion({ command }, { release: { app, seq, sha: revision.sha }, revision })
    },
    ask: (question: HookQuestion, signal = new AbortController().signal) => {
      const command = 'command' in question.gate.hook ? question.gate.hook.command : []
      return hook(command, question, { signal, progress: () => undefined })
    },
  }
}

hooksContract('Jobs', async () => {
  const here = await workshop()
  const isOpen = ({ status }: { status?: { phase?: string } }) =>
    !['Succeeded', 'Failed'].includes(status?.phase ?? '')
  /** The node of the first pod is emptied. */
  async function lose(question: HookQuestion) {
    const [pod] = await eventually(
      () => here.pods(question),
      (seen) => expect(seen[0]?.status?.phase).toBe('Running'),
      { within: 60_000, every: 100 },
    )
    await here.admin.remove(kinds.Pod, here.namespace, pod?.metadata.name ?? '')
  }
  return {
    hooks: { ask: (question, { signal }) => here.ask(question, signal) },
    newQuestion: async (fate) => {
      const question = here.question(programs[fate])
      if (fate === 'answers later') void lose(question)
      return question
    },
    asked: async (question) => (await here.pods(question)).length,
    open: async (question) => (await here.pods(question)).filter(isOpen).length,
    close: here.close,
  }
})

describe('hooks: a Job', () => {
  let here: Awaited<ReturnType<typeof workshop>>
  beforeAll(async () => {
    here = await workshop()
  })
  afterAll(() => here?.close())

  it('runs the revision’s own image with its environment, and knows what it is asked about', async () => {
    const names = ['GREETING', 'SLIPWAY_RELEASE', 'SLIPWAY_GATE', 'SLIPWAY_REVISION', 'SLIPWAY_WEIGHT']
    const program = `console.error(${JSON.stringify(names)}.map((name) => process.env[name]).join(' ')); process.exit(3)`
    const question = here.question(node(program))
    const { app, revision, release } = question as HookQuestion & { app?: unknown }
    expect(app).toBeUndefined()
    expect(await here.ask(question)).toEqual({
      passed: false,
      message: `exit code 3: hello ${release.app.name}-${release.seq} before-50 ${revision.name} 200`,
    })
    const [pod] = await here.pods(question)
    expect(pod?.spec).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      containers: [{ image: `${revision.image.repository}@${revision.image.digest}` }],
    })
    // The revision's Service must not send requests to it.
    expect(pod?.metadata.labels).not.toHaveProperty('slipway.dev/revision')
  })

  it('takes its words as they are written', async () => {
    const question = here.question([
      ...node('console.error(process.argv[1]); process.exit(1)'),
      '$(GREETING) $HOME `x`',
    ])
    expect((await here.ask(question)).message).toBe('exit code 1: $(GREETING) $HOME `x`')
  })

  it('says that there is no such command', async () => {
    const { passed, message } = await here.ask(here.question(['/no/such/command']))
    expect(passed).toBe(false)
    expect(message).toMatch(/^it cannot be started: .*no such file/)
  })

  it('does not repeat the secrets that it was given', async () => {
    const copy = { namespace: here.namespace, name: `${here.app.name}-db-1f2e3d4c` }
    const data = { PASSWORD: Buffer.from('hunter2-and-more').toString('base64') }
    await here.admin.create(kinds.Secret, { metadata: copy, data })
    const program = 'console.error("cannot reach db://me:" + process.env.PASSWORD + "@db"); process.exit(1)'
    const config = [{ kind: 'Secret', name: 'db', copy: copy.name }] as const
    const { message } = await here.ask(here.question(node(program), { config }))
    expect(message).toBe('exit code 1: cannot reach db://me:***@db')
  })

  it('goes on when a worker that followed it is gone', async () => {
    const question = here.question(node('setTimeout(() => {}, 4000)'))
    const killed: typeof here.kube = { ...here.kube, list: () => Promise.reject(new Error('killed')) }
    const first = commandHook(killed)
    const command = 'command' in question.gate.hook ? question.gate.hook.command : []
    const follow = { signal: new AbortController().signal, progress: () => undefined }
    await expect(first(command, question, follow)).rejects.toThrow('killed')
    expect(await here.ask(question)).toMatchObject({ passed: true })
    expect(await here.jobs(question)).toHaveLength(1)
    expect(await here.pods(question)).toHaveLength(1)
  })

  it('that cannot start is no answer, and leaves nothing behind', async () => {
    const question = here.question(programs.passes)
    const nowhere = { ...question.revision.image, digest: `sha256:${'0'.repeat(64)}` }
    const lost = { ...question, revision: { ...question.revision, image: nowhere } }
    await expect(here.ask(lost)).rejects.toThrow(NoAnswer)
    expect(await here.jobs(question)).toEqual([])
    await wait(10)
    expect(await here.ask(question)).toMatchObject({ passed: true })
  })
})
