// Which cluster is spoken to: an exported KUBECONFIG is never taken silently.
import { expect, it } from 'vitest'
import { chooseKubeconfig } from '../../cli/kubeconfig.ts'

const environment = { KUBECONFIG: '/home/ana/one:/home/ana/two', HOME: '/home/ana' }
const all = () => true
const none = () => false

it('takes the file that is named, with its context', () => {
  expect(chooseKubeconfig({ kubeconfig: '/tmp/k', context: 'test' }, environment, all)).toEqual({
    files: ['/tmp/k'],
    context: 'test',
  })
})

it('takes the local cluster when nothing is named, whatever KUBECONFIG says', () => {
  expect(chooseKubeconfig({}, environment, all)).toEqual({ files: ['/var/lib/slipway/kubeconfig'] })
  expect(chooseKubeconfig({}, { SLIPWAY_STATE: '/tmp/s' }, all)).toEqual({ files: ['/tmp/s/kubeconfig'] })
})

it("takes the user's own files only with an explicit context", () => {
  const chosen = chooseKubeconfig({ context: 'prod' }, environment, all)
  expect(chosen).toEqual({ files: ['/home/ana/one', '/home/ana/two'], context: 'prod' })
  const home = chooseKubeconfig({ context: 'prod' }, { HOME: '/home/ana' }, all)
  expect(home.files).toEqual(['/home/ana/.kube/config'])
})

it('passes over a file of its own that is missing, and refuses when none is left', () => {
  const chosen = chooseKubeconfig({ context: 'prod' }, environment, (path) => path.endsWith('two'))
  expect(chosen.files).toEqual(['/home/ana/two'])
  expect(() => chooseKubeconfig({ context: 'prod' }, environment, none)).toThrow(
    '/home/ana/one, /home/ana/two',
  )
})

it('refuses with what to do when there is no local cluster', () => {
  expect(() => chooseKubeconfig({}, environment, none)).toThrow('/var/lib/slipway/kubeconfig cannot be read')
})

it('refuses a file that cannot be read', () => {
  expect(() => chooseKubeconfig({ kubeconfig: '/tmp/k' }, environment, none)).toThrow('/tmp/k')
})
