// What must not be said together of how an image is run and reached.
import type { AppSpec } from '../app.ts'
import { type Contradiction, contradiction, type Said } from './contradiction.ts'

export const inRun = ({ run, route }: AppSpec, said: Said): Contradiction[] => [
  ...autoscale(run, said),
  ...twice(run),
  ...mounts(run),
  ...previews(route),
]

function autoscale({ autoscale: scale }: AppSpec['run'], said: Said): Contradiction[] {
  if (!scale) return []
  return [
    ...contradiction(
      scale.min > scale.max,
      ['run.autoscale.min', 'run.autoscale.max'],
      `min ${scale.min} is above max ${scale.max}; lower min or raise max`,
    ),
    ...contradiction(
      said('run.replicas'),
      ['run.replicas', 'run.autoscale'],
      'the number of pods follows their load, so it cannot be given too; remove replicas, or autoscale',
    ),
  ]
}

const kinds = ['config', 'secrets'] as const

const twice = (run: AppSpec['run']): Contradiction[] =>
  kinds.flatMap((kind) => {
    const names = (run[kind] ?? []).map(({ name }) => name)
    return names.flatMap((name, i) =>
      contradiction(
        names.indexOf(name) < i,
        [`run.${kind}.${i}`],
        `${name} is there already; name it once: its keys are environment variables, or files with mount`,
      ),
    )
  })

/** A folder that is mounted hides what lies below it. */
function mounts(run: AppSpec['run']): Contradiction[] {
  const all = kinds.flatMap((kind) =>
    (run[kind] ?? []).flatMap(({ mount }, i) =>
      mount === undefined ? [] : [{ at: `run.${kind}.${i}.mount`, mount, path: segments(mount) }],
    ),
  )
  return all.flatMap(({ at, mount, path }, i) => {
    const other = all.slice(0, i).find((before) => isWithin(before.path, path) || isWithin(path, before.path))
    return [
      ...contradiction(path.length === 0, [at], 'would hide the whole file system; give a folder of its own'),
      ...contradiction(
        path.length > 0 && other !== undefined,
        [at],
        `${mount} and ${other?.mount} lie in each other, so one would hide the other; give each a folder of its own`,
      ),
    ]
  })
}

const segments = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.')

const isWithin = (outer: readonly string[], inner: readonly string[]) =>
  outer.every((part, i) => inner[i] === part)

const previews = ({ hosts, preview = [] }: AppSpec['route']): Contradiction[] =>
  preview.flatMap((host, i) =>
    contradiction(
      hosts.includes(host),
      [`route.preview.${i}`, 'route.hosts'],
      `${host} is one of route.hosts, so it would show the stable revision and the newest one; give the preview a host of its own`,
    ),
  )
