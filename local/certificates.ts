// The cluster's own authority and what it signs; keys are made once and readable by root alone.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { network } from './addresses.ts'
import { certificateOf, githubKey, paths, secretFiles } from './paths.ts'
import { run } from './process.ts'

export const authority = certificateOf('ca')
export const serviceAccountKey = join(paths.certificates, 'service-account.key')

/** Who speaks to whom: the subject decides what the API server lets them do. */
export const clients = {
  admin: '/O=system:masters/CN=slipway-admin',
  'kube-controller-manager': '/CN=system:kube-controller-manager',
  'kube-scheduler': '/CN=system:kube-scheduler',
  'kube-proxy': '/CN=system:kube-proxy',
  kubelet: `/O=system:nodes/CN=system:node:${network.node}`,
  'api-server-to-kubelet': '/CN=slipway-api-server',
  'api-server-to-etcd': '/CN=slipway-api-server',
  prometheus: '/CN=slipway-prometheus',
} as const

const servers = {
  'api-server': [
    'DNS:kubernetes',
    'DNS:kubernetes.default',
    'DNS:kubernetes.default.svc',
    'DNS:kubernetes.default.svc.cluster.local',
    'DNS:localhost',
    'IP:127.0.0.1',
    `IP:${network.apiService}`,
    `IP:${network.host}`,
  ],
  'kubelet-server': [`DNS:${network.node}`, `IP:${network.host}`],
  etcd: ['DNS:localhost', 'IP:127.0.0.1'],
} as const

/** Makes what is missing; what is there is kept, so that running parts keep trusting each other. */
export async function ensureCertificates(): Promise<void> {
  mkdirSync(paths.certificates, { recursive: true, mode: 0o700 })
  if (!existsSync(authority.cert)) await makeAuthority()
  if (!existsSync(serviceAccountKey)) writeKey(serviceAccountKey)
  for (const [name, subject] of Object.entries(clients))
    await ensureSigned(name, subject, 'extendedKeyUsage=clientAuth')
  for (const [name, names] of Object.entries(servers)) {
    // etcd speaks to itself with the certificate that it shows others.
    const extension = `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=${names.join(',')}`
    await ensureSigned(name, `/CN=${name}`, extension)
  }
}

export function ensureSecrets(): void {
  mkdirSync(paths.secrets, { recursive: true, mode: 0o700 })
  for (const file of Object.values(secretFiles)) {
    if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 })
  }
  if (!existsSync(githubKey)) writeRsaKey(githubKey)
}

async function makeAuthority(): Promise<void> {
  writeKey(authority.key)
  const subject = [
    '-subj',
    '/CN=slipway',
    '-days',
    '3650',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]
  await run(['openssl', 'req', '-x509', '-new', '-key', authority.key, '-out', authority.cert, ...subject])
}

async function ensureSigned(name: string, subject: string, extension: string): Promise<void> {
  const { cert, key } = certificateOf(name)
  if (existsSync(cert)) return
  const request = join(paths.certificates, `${name}.csr`)
  const extensions = join(paths.certificates, `${name}.ext`)
  writeKey(key)
  writeFileSync(extensions, `${extension}\n`)
  await run(['openssl', 'req', '-new', '-key', key, '-out', request, '-subj', subject])
  const by = [
    '-CA',
    authority.cert,
    '-CAkey',
    authority.key,
    '-set_serial',
    `0x${randomBytes(16).toString('hex')}`,
  ]
  await run([
    'openssl',
    'x509',
    '-req',
    '-in',
    request,
    '-out',
    cert,
    ...by,
    '-days',
    '3650',
    '-extfile',
    extensions,
  ])
  rmSync(request)
  rmSync(extensions)
}

/** GitHub knows an App by a key of this kind, and of no other. */
function writeRsaKey(file: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(file, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
}

function writeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  writeFileSync(file, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
}
