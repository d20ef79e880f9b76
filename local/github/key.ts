// An App's private key, as GitHub hands it out: RSA of 2,048 bits, in PKCS #1.
import { generateKeyPairSync } from 'node:crypto'

export const newKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey
