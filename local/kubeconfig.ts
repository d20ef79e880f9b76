// Kubeconfigs, each for one account, with everything they need inside.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { addresses } from './addresses.ts'
import { authority, type clients } from './certificates.ts'
import { certificateOf, kubeconfigOf, paths } from './paths.ts'

type Credential =
  | { readonly token: string }
  | { readonly 'client-certificate-data': string; readonly 'client-key-data': string }

export function writeKubeconfigs(): void {
  for (const user of [
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'kubelet',
    'prometheus',
  ] as const) {
    writeKubeconfig(kubeconfigOf(user), user, certificateCredential(user))
  }
  writeKubeconfig(paths.kubeconfig, 'slipway-admin', certificateCredential('admin'))
}

export function writeTokenKubeconfig(user: string, token: string): void {
  writeKubeconfig(kubeconfigOf(user), user, { token })
}

function certificateCredential(name: keyof typeof clients): Credential {
  const { cert, key } = certificateOf(name)
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
}

function writeKubeconfig(file: string, user: string, credential: Credential): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const cluster = { server: addresses.kubernetes, 'certificate-authority-data': base64(authority.cert) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'slipway', cluster }],
    users: [{ name: user, user: credential }],
    contexts: [{ name: 'slipway', context: { cluster: 'slipway', user, namespace: 'default' } }],
    'current-context': 'slipway',
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
}

const base64 = (file: string): string => readFileSync(file).toString('base64')
