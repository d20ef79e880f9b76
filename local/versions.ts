// Every version that the embedded default runs: change one here and `up` fetches, builds and restarts what follows.

export const versions = {
  kubernetes: '1.34.4',
  coredns: '1.14.0',
  buildkit: '0.34.2',
  traefik: '3.7.15',
  gatewayApi: '1.5.1',
  temporal: '1.9.1',
  temporalTestServer: '1.40.0',
  nodeImage: '18',
  pause: '1',
} as const

/** The published sum of the Gateway API module, whose resource definitions the cluster is given. */
export const gatewayApiSum = 'h1:RqVRIlkhLhUO8wOHKTLnTJA6o/1un4po4/6M1nRzdd0='

/** The Debian release whose packages make the images' root file systems. */
export const debianSuite = 'bookworm'

/** Programs that Debian packages bring, with the versions of each that are known to work. */
export const debianPrograms = {
  etcd: { package: 'etcd-server', accepts: /etcd Version: 3\.[45]\./ },
  containerd: { package: 'containerd', accepts: / v?1\.[67]\./ },
  runc: { package: 'runc', accepts: /runc version 1\.[1-4]\./ },
  'docker-registry': { package: 'docker-registry', accepts: / v?2\.8\./ },
  prometheus: { package: 'prometheus', accepts: /version 2\.(4[2-9]|5\d)\./ },
  mmdebstrap: { package: 'mmdebstrap', accepts: /mmdebstrap 1\.[3-9]\./ },
  conntrack: { package: 'conntrack', accepts: /conntrack v1\.4\./ },
  iptables: { package: 'iptables', accepts: /iptables v1\.8\./ },
} as const

/** The browser for tests of pages: from its package, or one of these names on the PATH whose version is known to work. */
export const debianBrowser = {
  package: 'chromium-headless-shell',
  names: ['chromium', 'chromium-headless-shell', 'google-chrome'],
  accepts: / 1[4-6]\d\.\d/,
} as const
