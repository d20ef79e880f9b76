// Kubeconfigs for Slipway's two accounts, each with a token that the cluster made for it.
import { existsSync } from 'node:fs'
import { writeTokenKubeconfig } from '../kubeconfig.ts'
import { accounts } from '../parts/slipway.ts'
import { kubeconfigOf } from '../paths.ts'
import { again, type Kubectl } from './kubectl.ts'

const validity = '8760h'

/** A token that still works stays, so that what runs with it keeps running. */
export async function ensureTokens(kubectl: Kubectl): Promise<void> {
  for (const account of Object.values(accounts)) {
    if (existsSync(kubeconfigOf(account)) && (await works(kubectl, account))) continue
    const request = ['create', 'token', account, '--namespace=slipway-system', `--duration=${validity}`]
    writeTokenKubeconfig(account, (await again(() => kubectl(request))).trim())
  }
}

async function works(kubectl: Kubectl, account: string): Promise<boolean> {
  try {
    await kubectl([`--kubeconfig=${kubeconfigOf(account)}`, 'auth', 'whoami'])
    return true
  } catch {
    return false
  }
}
