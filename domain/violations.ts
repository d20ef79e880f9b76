// What a file asks for and its App's policy does not allow: told where it stands in the file.
import type { AppSpec } from './app.ts'
import { most } from './capacity.ts'
import { type Contradiction, contradiction } from './contradictions/contradiction.ts'
import { formatDuration } from './duration.ts'
import { formatWeight } from './figures.ts'
import type { Gate } from './gate.ts'
import { approver, distinct, gatesOf, isSame, personIn } from './gates.ts'
import { holds } from './hosts.ts'
import { formatShare } from './notation.ts'
import type { Policy } from './policy.ts'
import { movesAtOnce } from './strategy.ts'
import { judging } from './violations/judging.ts'

export function violations(spec: AppSpec, policy: Policy): readonly Contradiction[] {
  if (policy.unreadable !== undefined) return unreadable(policy.unreadable)
  return [
    ...hosts(spec, policy),
    ...objects(spec, policy),
    ...replicas(spec, policy),
    ...hooks(spec, policy),
    ...strategies(spec, policy),
    ...firstWeight(spec, policy),
    ...objectives(spec, policy),
    ...judging(spec.release, policy),
    ...approvers(spec, policy),
    ...approvals(spec, policy),
  ]
}

const unreadable = (why: string): Contradiction[] => [
  {
    between: [[]],
    reason: `cannot be accepted: the policy of its App in the cluster cannot be read: ${why}; correct it there`,
  },
]

const allows = (list: readonly string[]): string =>
  list.length === 0 ? 'the App’s policy allows none' : `the App’s policy allows ${list.join(', ')}`

function hosts({ route }: AppSpec, { hosts: allowed }: Policy): Contradiction[] {
  if (!allowed) return []
  const foreign = (key: 'hosts' | 'preview') =>
    (route[key] ?? []).flatMap((host, i) =>
      contradiction(
        !allowed.some((one) => holds(one, host)),
        [`route.${key}.${i}`],
        `${host} may not be served: ${allows(allowed)}`,
      ),
    )
  return [
    ...contradiction(
      route.hosts.length === 0,
      ['route.hosts'],
      `names no host, so every one that reaches the gateway would be served: ${allows(allowed)}; name yours`,
    ),
    ...foreign('hosts'),
    ...foreign('preview'),
  ]
}

const objects = ({ run }: AppSpec, policy: Policy): Contradiction[] =>
  (['config', 'secrets'] as const).flatMap((kind) =>
    (run[kind] ?? []).flatMap(({ name }, i) =>
      contradiction(
        policy[kind]?.includes(name) === false,
        [`run.${kind}.${i}`],
        `${name} may not be used: ${allows(policy[kind] ?? [])}`,
      ),
    ),
  )

const replicas = ({ run }: AppSpec, { maxReplicas = Number.POSITIVE_INFINITY }: Policy): Contradiction[] =>
  contradiction(
    most(run) > maxReplicas,
    run.autoscale ? ['run.autoscale.max'] : ['run.replicas'],
    `${most(run)} pods are more than the App’s policy allows; ${run.autoscale ? 'lower max to' : 'write replicas:'} ${maxReplicas}`,
  )

/** Whoever may push would else have the worker ask any address that it can reach. */
function hooks({ release }: AppSpec, { hooks: allowed }: Policy): Contradiction[] {
  if (!allowed) return []
  return (release.gates ?? []).flatMap(({ hook: { url } = {} }, i) => {
    // What is no address is nobody's who is allowed.
    const host = url && URL.canParse(url) ? new URL(url).hostname : url
    return contradiction(
      host !== undefined && !allowed.some((one) => holds(one, host)),
      [`release.gates.${i}.hook.url`],
      `${host} may not be asked: ${allows(allowed)}`,
    )
  })
}

function strategies({ release }: AppSpec, { strategies: allowed }: Policy): Contradiction[] {
  const { strategy = 'canary' } = release
  return contradiction(
    allowed?.includes(strategy) === false,
    ['release.strategy'],
    `${strategy} may not be chosen: ${allows(allowed ?? [])}`,
  )
}

function firstWeight({ release }: AppSpec, { maxFirstWeight = 1000 }: Policy): Contradiction[] {
  const { steps, strategy, analysis } = release
  const [weight, key] = movesAtOnce(release)
    ? [1000, 'release.strategy']
    : steps === 'auto'
      ? [analysis.weight.min, 'release.analysis.weight.min']
      : [steps[0]?.weight ?? 0, 'release.steps.0']
  return contradiction(
    weight > maxFirstWeight,
    [key],
    `begins${movesAtOnce(release) ? `, as ${strategy},` : ''} with ${formatWeight(weight)}, and the App’s policy allows at most ${formatWeight(maxFirstWeight)}`,
  )
}

function objectives({ release }: AppSpec, policy: Policy): Contradiction[] {
  const { success, latency } = release.objectives
  const least = policy.objectives
  const asked = least?.latency
  const wanted = asked && `{below: ${formatDuration(asked.below * 1000)}, for: ${formatShare(asked.share)}}`
  return [
    ...contradiction(
      least?.success !== undefined && success < least.success,
      ['release.objectives.success'],
      `${formatShare(success)} is less than the ${formatShare(least?.success ?? 0)} that the App’s policy asks for`,
    ),
    ...contradiction(
      asked !== undefined && (!latency || latency.below > asked.below || latency.share < asked.share),
      ['release.objectives.latency'],
      `${latency ? 'asks for less than' : 'is missing, and'} the App’s policy asks for: at least ${wanted}`,
    ),
  ]
}

/** Whom the file's gates name. */
function approvers({ release }: AppSpec, { approvers: allowed, people }: Policy): Contradiction[] {
  const known = allowed?.map((name) => approver(name, people))
  const problem = (name: string): string | undefined => {
    if (people && personIn(people, name) === undefined)
      return `the App’s policy does not know ${name}; it knows ${Object.keys(people).join(', ')}`
    if (known?.some((one) => isSame(one, approver(name, people))) === false)
      return `${name} may not approve: ${allows(allowed ?? [])}`
    return undefined
  }
  return (release.gates ?? []).flatMap((gate, i) => [
    ...(gate.approvers ?? []).flatMap((name, n) => {
      const reason = problem(name)
      return contradiction(reason !== undefined, [`release.gates.${i}.approvers.${n}`], reason ?? '')
    }),
    ...crowd(gate.approvers ?? [], gate.approvals ?? 1, i, { allowed, people }),
  ])
}

/** Two names of one person are one approval, and a policy may leave fewer people than a gate asks for. */
function crowd(
  named: readonly string[],
  approvals: number,
  i: number,
  { allowed = [], people }: { allowed: Policy['approvers']; people: Policy['people'] },
): Contradiction[] {
  const who = distinct((named.length > 0 ? named : allowed).map((name) => approver(name, people)))
  return contradiction(
    who.length > 0 && approvals > who.length,
    [`release.gates.${i}.approvals`, `release.gates.${i}.approvers`, `release.gates.${i}`],
    `${approvals} different people must approve, and by the App’s policy they are only ${who.map(({ name }) => name).join(', ')}`,
  )
}

function approvals({ release }: AppSpec, policy: Policy): Contradiction[] {
  const { minApprovals = 0, gates = [] } = policy
  const counts = (gate: Gate) =>
    gate.kind === 'approval' && gate.approvals >= minApprovals && gate.otherwise === 'abort'
  return contradiction(
    minApprovals > 0 && ![...gates, ...gatesOf(release.gates ?? [], {})].some(counts),
    ['release.gates'],
    `no gate asks for ${minApprovals === 1 ? 'an approval' : `${minApprovals} approvals`} before it lets a release through, as the App’s policy demands; add {before: promotion, approvals: ${minApprovals}}`,
  )
}
