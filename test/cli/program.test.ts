// Verbs, options and exit codes, as a script meets them.
import { describe, expect, it } from 'vitest'
import { Exit, exitCodes } from '../../cli/exit.ts'
import { aRelease, sha, slipway, startedAt } from './screen.ts'

describe('usage', () => {
  it('prints its help and succeeds', async () => {
    const { code, out } = await slipway(['--help'])
    expect(code).toBe(0)
    for (const verb of [
      'init',
      'status',
      'watch',
      'explain',
      'releases',
      'approve',
      'abort',
      'freeze',
      'logs',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'))
    }
  })

  it.each([
    [['frobnicate'], /unknown command/],
    [['status', '--frobnicate'], /unknown option/],
    [['freeze'], /missing required argument/],
    [['watch', 'shop-7', '--timeout', 'soon'], /90s, 5m or 1h30m/],
    [['releases', '--limit', '0'], /whole number above 0/],
    [['watch', '--commit', 'HEAD'], /hexadecimal/],
    [['init', '--port', '70000'], /at most 65535/],
    [[], /Usage/],
  ])('refuses %j with code 2', async (args, message) => {
    const { code, err } = await slipway(args)
    expect(code).toBe(exitCodes.usage)
    expect(err).toMatch(message)
  })

  it('says which version it is, as text and as JSON', async () => {
    expect((await slipway(['version'])).out).toMatch(/^slipway \d+\.\d+\.\d+ /)
    expect(JSON.parse((await slipway(['version', '--json'])).out)).toHaveProperty('slipway')
  })

  it('ends with code 1 and the message when something unforeseen fails', async () => {
    const apps = async () => Promise.reject(new Error('cannot list apps: the line is cut'))
    const { code, err } = await slipway(['status'], { cluster: { apps } })
    expect(code).toBe(exitCodes.error)
    expect(err).toBe('slipway: cannot list apps: the line is cut\n')
  })

  it('ends with code 7 when the cluster denies, and says what to do', async () => {
    const denied = new Exit(exitCodes.denied, 'cannot list apps: forbidden', { advice: 'Ask for the role.' })
    const { code, err } = await slipway(['status'], { cluster: { apps: async () => Promise.reject(denied) } })
    expect(code).toBe(exitCodes.denied)
    expect(err).toBe('slipway: cannot list apps: forbidden\nAsk for the role.\n')
  })
})

describe('watch', () => {
  const done = (outcome: 'promoted' | 'rolled-back' | 'failed' | 'aborted' | 'superseded') =>
    aRelease({ phase: 'done', outcome, message: 'That was it.', finishedAt: startedAt + 60_000 })

  it.each([
    ['promoted', 0],
    ['rolled-back', 3],
    ['failed', 3],
    ['aborted', 3],
    ['superseded', 3],
  ] as const)('ends a release that was %s with code %i', async (outcome, expected) => {
    const { code } = await slipway(['watch', 'shop-7'], { releases: [aRelease()], follow: [done(outcome)] })
    expect(code).toBe(expected)
  })

  it('ends with code 4 when the release outlasts the timeout', async () => {
    const world = { releases: [aRelease()], follow: [aRelease()] }
    const { code, err } = await slipway(['watch', 'shop-7', '--timeout', '50ms'], world)
    expect(code).toBe(exitCodes.timedOut)
    expect(err).toContain('shop-7 is still rolling-out after 50ms')
  })

  const gate = { for: 'approval', gate: 'before-50', since: startedAt } as const
  const waits = aRelease({ waiting: { ...gate, message: 'ana approves before 50 %' } })

  it('ends with code 5 where it waits for an approval, when that is asked for', async () => {
    const world = { releases: [waits], follow: [waits, done('promoted')] }
    const { code, err } = await slipway(['watch', 'shop-7', '--until-approval'], world)
    expect(code).toBe(exitCodes.awaitsApproval)
    expect(err).toContain('slipway approve shop-7 --gate before-50')
  })

  it('else goes on: people may approve while it is watched', async () => {
    const world = { releases: [waits], follow: [waits, done('promoted')] }
    const { code, out } = await slipway(['watch', 'shop-7'], world)
    expect(code).toBe(exitCodes.ok)
    expect(out).toContain('waits: ana approves before 50 % (slipway approve shop-7 --gate before-50)')
  })

  it('ends with code 5 in place of 4 when the time is over and only a person is missing', async () => {
    const world = { releases: [waits], follow: [waits] }
    const { code } = await slipway(['watch', 'shop-7', '--timeout', '50ms'], world)
    expect(code).toBe(exitCodes.awaitsApproval)
  })

  it('does not mistake another kind of waiting for an approval', async () => {
    const paused = aRelease({ waiting: { for: 'resume', since: startedAt, message: 'paused by bo' } })
    const world = { releases: [paused], follow: [paused] }
    const { code, out } = await slipway(['watch', 'shop-7', '--timeout', '50ms', '--until-approval'], world)
    expect(code).toBe(exitCodes.timedOut)
    expect(out).toContain('waits: paused by bo (slipway resume shop-7)')
  })

  it('ends with code 6 when there is no such release, and names those there are', async () => {
    const { code, err } = await slipway(['watch', 'shop-9'], { releases: [aRelease()] })
    expect(code).toBe(exitCodes.notFound)
    expect(err).toContain('shop-7')
  })

  it('without a name follows the release that runs', async () => {
    const followed: string[] = []
    const other = aRelease({ name: 'site-2', phase: 'done', outcome: 'promoted' })
    const cluster = {
      async *follow(name: string) {
        followed.push(name)
        yield done('promoted')
      },
    }
    await slipway(['watch'], { releases: [other, aRelease()], cluster })
    expect(followed).toEqual(['shop-7'])
  })

  it('waits for the release of a commit that was pushed a moment ago', async () => {
    let looks = 0
    const releases = async () => (++looks > 1 ? [aRelease()] : [])
    const world = { cluster: { releases }, follow: [done('promoted')] }
    const { code } = await slipway(['watch', 'shop', '--commit', sha.slice(0, 12)], world)
    expect(code).toBe(exitCodes.ok)
    const late = await slipway(['watch', '--commit', 'abcdef0', '--timeout', '20ms'], world)
    expect(late.code).toBe(exitCodes.timedOut)
    expect(late.err).toContain('no release of commit abcdef0 began')
  })

  it("takes an App's name for its newest release", async () => {
    const { code } = await slipway(['watch', 'shop'], { releases: [aRelease()], follow: [done('promoted')] })
    expect(code).toBe(exitCodes.ok)
  })

  it('writes one JSON document a line, each a whole release', async () => {
    const world = { releases: [aRelease()], follow: [aRelease(), done('promoted')] }
    const { out } = await slipway(['watch', 'shop-7', '--json'], world)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ phase }) => phase)).toEqual(['rolling-out', 'done'])
    expect(lines[0]).toMatchObject({ name: 'shop-7', weight: 250, evidence: { canary: { requests: 1204 } } })
  })
})

describe('logs', () => {
  it('writes the log as it comes', async () => {
    const cluster = {
      builds: async () => [{ namespace: 'slipway-builds', name: 'b1', container: 'build', running: false }],
      buildLog: async (_pod: unknown, write: (text: string) => void) => {
        write('#1 load\n')
        write('#2 done\n')
      },
    }
    const world = { releases: [aRelease()], cluster }
    expect((await slipway(['logs', 'shop-7'], world)).out).toBe('#1 load\n#2 done\n')
    expect(JSON.parse((await slipway(['logs', 'shop-7', '--json'], world)).out).lines).toEqual([
      '#1 load',
      '#2 done',
    ])
  })

  it('ends with code 6 when the build is gone', async () => {
    expect((await slipway(['logs', 'shop-7'], { releases: [aRelease()] })).code).toBe(exitCodes.notFound)
  })
})
