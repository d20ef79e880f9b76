// Mounts below our folders are found, deepest last, and nobody else's.
import { expect, test } from 'vitest'
import { mountsUnder } from '../../local/down.ts'

test('only mounts below the given folders count', () => {
  const mounts = `overlay /run/slipway/containerd/a/rootfs overlay rw 0 0
tmpfs /var/lib/slipway/kubelet/pods/1/volumes/with\\040space tmpfs rw 0 0
tmpfs /run/slipwayside tmpfs rw 0 0
/dev/vda / ext4 rw 0 0
`
  expect(mountsUnder(['/run/slipway', '/var/lib/slipway'], mounts)).toEqual([
    '/run/slipway/containerd/a/rootfs',
    '/var/lib/slipway/kubelet/pods/1/volumes/with space',
  ])
})
