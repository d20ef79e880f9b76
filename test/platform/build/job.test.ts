// What is asked of the cluster for a build, word for word, and what is refused before anything is asked.
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { PermanentFailure } from '../../../domain/failure.ts'
import { type BuildSettings, buildJob, newTokenSecret, tokenSecret } from '../../../platform/build/job.ts'
import { aPlan, settings } from './plan.ts'

const containerOf = (...given: Parameters<typeof buildJob>) => {
  const { template } = buildJob(...given).spec as {
    template: { spec: { containers: { args: string[]; env: { name: string; value: string }[] }[] } }
  }
  const { args = [], env = [] } = template.spec.containers[0] ?? {}
  return { args, env: Object.fromEntries(env.map(({ name, value }) => [name, value])) }
}
const yamlOf = (job: object) => stringify(job, { lineWidth: 0, aliasDuplicateObjects: false })
const abroad: BuildSettings = {
  namespace: 'builds',
  image: 'registry.example/buildkit@sha256:0',
  registry: { host: 'registry.example', insecure: false },
  isolation: 'user-namespace',
  deadline: 600,
  keepFor: 60,
  limits: { cpu: '4', memory: '8Gi', storage: '20Gi' },
}

describe('buildJob', () => {
  it('is this Job in the local setup', async () => {
    const golden = '../../golden/build/local.yaml'
    await expect(yamlOf(buildJob(aPlan(), settings))).toMatchFileSnapshot(golden)
  })

  it('is this Job for a repository and a registry elsewhere', async () => {
    const build = {
      context: 'services/shop',
      dockerfile: 'deploy/Dockerfile',
      args: { B: '2=x,y', A: '' },
      target: 'run',
    }
    const plan = aPlan(build, { repository: 'https://github.com/acme/shop' })
    const golden = '../../golden/build/elsewhere.yaml'
    await expect(yamlOf(buildJob(plan, abroad))).toMatchFileSnapshot(golden)
  })

  it('has the same name for the same build, and another for another', () => {
    const name = (...given: Parameters<typeof buildJob>) => buildJob(...given).metadata.name
    const plan = aPlan()
    const later = { ...plan, release: { ...plan.release, seq: 8 } }
    const elsewhere = { ...plan, release: { ...plan.release, app: { namespace: 'team', name: 'shop' } } }
    expect(name(later, settings)).toBe(name(plan, settings))
    expect(name(aPlan({ target: 'test' }), settings)).not.toBe(name(plan, settings))
    expect(name(elsewhere, settings)).not.toBe(name(plan, settings))
    const long = { ...plan, release: { ...plan.release, app: { namespace: 'a', name: 'x'.repeat(63) } } }
    expect(name(long, settings).length).toBeLessThanOrEqual(63)
  })

  it('shows the token to the built-in remote alone', () => {
    const tokenFor = (repository: string) => containerOf(aPlan({}, { repository }), settings).env.GIT_TOKEN_ID
    expect(tokenFor('http://10.244.0.1:8090/git/shop.git')).toBe('GIT_AUTH_TOKEN.10.244.0.1:8090')
    expect(tokenFor('https://github.com/acme/shop')).toBe('')
  })

  it('waits for the token of its own repository, under a name that no other Job has', () => {
    const plan = aPlan({}, { repository: 'https://github.com/acme/shop' })
    const secret = newTokenSecret()
    const job = buildJob(plan, settings, secret)
    expect(tokenSecret(job)).toEqual(secret)
    expect(containerOf(plan, settings, secret).env.GIT_TOKEN_ID).toBe('GIT_AUTH_TOKEN.github.com')
    expect(newTokenSecret()).not.toEqual(secret)
    expect(job.metadata.name).toBe(buildJob(plan, settings).metadata.name)
  })

  it('has no token of its own for the built-in remote', () => {
    expect(tokenSecret(buildJob(aPlan(), settings))).toBeUndefined()
  })

  it('speaks plain http to a host that the settings name', () => {
    const plan = aPlan({}, { repository: 'http://10.244.0.1:8095/acme/shop.git' })
    expect(() => buildJob(plan, settings)).toThrow('http:// is not allowed')
    const more = { ...settings, plainHttpUnder: ['http://10.244.0.1:8095'] }
    expect(containerOf(plan, more).env.SOURCE).toContain('http://10.244.0.1:8095/acme/shop.git?ref=')
  })

  it.each([
    [{ dockerfile: '../Dockerfile' }, 'build.dockerfile is "../Dockerfile"'],
    [{ dockerfile: '/etc/passwd' }, 'build.dockerfile is "/etc/passwd"'],
    [{ dockerfile: 'a/../../b' }, 'build.dockerfile'],
    [{ context: '..' }, 'build.context is ".."'],
    [{ context: '/' }, 'build.context is "/"'],
    [{ context: 'a\nb' }, 'build.context is "a\\nb"'],
    [{ args: { 'A=B': 'x' } }, 'build.args has "A=B"'],
    [{ args: { BUILDKIT_SYNTAX: 'evil/frontend' } }, 'build.args has "BUILDKIT_SYNTAX"'],
    [{ args: { '': 'x' } }, 'build.args has ""'],
  ])('refuses %j', (build, why) => {
    expect(() => buildJob(aPlan(build), settings)).toThrow(why)
    expect(() => buildJob(aPlan(build), settings)).toThrow(PermanentFailure)
  })

  it('keeps what is odd but allowed in its own word', () => {
    const odd = {
      context: '$(id);--x &#?:ü',
      dockerfile: '$(SOURCE) "; rm',
      target: '--help',
      args: { A: '"; rm -rf /\n--secret=id=x', B: '$(BUILDKIT_HOST) $x' },
    }
    const { args, env } = containerOf(aPlan(odd), settings)
    expect(args).toContain('--opt=target=--help')
    expect(args).toContain('--opt=build-arg:A="; rm -rf /\n--secret=id=x')
    // Kubernetes would replace $(NAME), and takes $$ for $.
    expect(args).toContain('--opt=build-arg:B=$$(BUILDKIT_HOST) $$x')
    expect(env.DOCKERFILE).toBe('$$(SOURCE) "; rm')
    expect(new URL(env.SOURCE ?? '').searchParams.get('subdir')).toBe(odd.context)
  })

  it('takes a repository only where it may be read from', () => {
    expect(() => buildJob(aPlan({}, { repository: 'http://169.254.169.254/shop' }), settings)).toThrow(
      'not allowed',
    )
  })
})
