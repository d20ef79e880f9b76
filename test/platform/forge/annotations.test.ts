// Where a failure is shown in the repository.
import { expect, it } from 'vitest'
import { describeProblems, readManifest } from '../../../domain/manifest.ts'
import { annotations } from '../../../platform/forge/annotations.ts'
import { app, ended } from './status.ts'

const of = (message: string) => annotations(ended(7, 'failed', message))

it('shows each problem of the file at its line and column', () => {
  const read = readManifest(
    'apiVersion: slipway.dev/v1beta1\nkind: App\nmetadata: {name: shop}\nspec:\n  run:\n    prot: 80\n    replicas: many\n',
    app,
  )
  const problems = 'problems' in read ? read.problems : []
  expect(of(describeProblems(problems))).toMatchObject([
    { path: 'slipway.yaml', start_line: 6, end_line: 6, start_column: 5, end_column: 5 },
    { path: 'slipway.yaml', start_line: 7, message: expect.stringContaining('spec.run.replicas') },
  ])
})

it('shows one problem alone, and what is wrong with the file as a whole', () => {
  expect(of('slipway.yaml:7:5 spec.run.prot: unknown key')).toEqual([
    {
      path: 'slipway.yaml',
      start_line: 7,
      end_line: 7,
      start_column: 5,
      end_column: 5,
      annotation_level: 'failure',
      message: 'spec.run.prot: unknown key',
    },
  ])
  expect(of(`slipway.yaml in commit ${'a'.repeat(40)} is a symbolic link ("slipway.yaml")`)).toMatchObject([
    { start_line: 1, message: 'is a symbolic link ("slipway.yaml")' },
  ])
  expect(of('slipway.yaml spec.route: shop.example.com is served by default/other')).toMatchObject([
    { start_line: 1, message: 'spec.route: shop.example.com is served by default/other' },
  ])
})

it('shows a failed build at its line of the Dockerfile', () => {
  const log = '#6 ERROR: npm ci\nslipway.yaml: no\nDockerfile:99'
  const step = 'step [2/3] RUN npm ci ended with exit code 7 (build/Dockerfile:2)'
  expect(of(`cannot build shop-7 (3f2c1d0): ${step}\n${log}`)).toEqual([
    { path: 'build/Dockerfile', start_line: 2, end_line: 2, annotation_level: 'failure', message: step },
  ])
  expect(
    of('cannot build shop-7 (3f2c1d0): dockerfile parse error on line 3: unknown instruction: FRM'),
  ).toMatchObject([{ path: 'Dockerfile', start_line: 3 }])
})

it('takes no line of a log, and nothing that a step says, for a place', () => {
  const log = "#6 RUN echo 'slipway.yaml:3:1 x'\nslipway.yaml:3:1 x\nslipway.yaml is odd"
  const step = "step [2/3] RUN echo '(app/main.ts:9)' ended with exit code 7 (build/Dockerfile:2)"
  const killed = `${step}; it was killed, as happens above the build's 2Gi of memory`
  for (const why of [step, killed])
    expect(of(`cannot build shop-7 (3f2c1d0): ${why}\n${log}`)).toMatchObject([
      { path: 'build/Dockerfile', start_line: 2, message: why },
    ])
  expect(of(`cannot build shop-7 (3f2c1d0): it needed more memory\n${log}`)).toEqual([])
  expect(of(`its pods did not become ready\n${log}`)).toEqual([])
})

it('shows nothing at a line that cannot be, and no column that cannot be', () => {
  const long = '9'.repeat(400)
  const lines = ['0:1', '1000001:1', `${long}:1`, '1000000:0', `1:${long}`, '2:3'].map(
    (place) => `slipway.yaml:${place} no`,
  )
  expect(of(['6 problems', ...lines].join('\n'))).toEqual(
    [{ start_line: 1_000_000 }, { start_line: 1 }, { start_line: 2, start_column: 3, end_column: 3 }].map(
      (place) => ({
        path: 'slipway.yaml',
        end_line: place.start_line,
        annotation_level: 'failure',
        message: 'no',
        ...place,
      }),
    ),
  )
  expect(of(`cannot build shop-7 (3f2c1d0): step ended with exit code 7 (Dockerfile:${long})`)).toEqual([])
  expect(of(`cannot build shop-7 (3f2c1d0): dockerfile parse error on line 0: odd`)).toEqual([])
})

it('shows nothing of what has no place, or did not fail', () => {
  expect(of('cannot build shop-7 (3f2c1d0): it needed more memory than the build’s 2Gi')).toEqual([])
  expect(of('its pods did not become ready')).toEqual([])
  expect(annotations(ended(7, 'rolled-back', 'slipway.yaml:7:5 odd'))).toEqual([])
})
