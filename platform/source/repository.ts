// What may be a repository's address: https, or a plain-http host that the configuration names; never with credentials in it.
import { PermanentFailure } from '../../domain/failure.ts'

/** The address as git is asked for it, without a slash at its end. `plainHttpUnder`: the built-in remote, a GitHub on this machine. */
export function repositoryUrl(repository: string, plainHttpUnder: readonly string[] = []): URL {
  const refuse = (why: string) =>
    new PermanentFailure('Invalid', `cannot read repository ${withoutCredentials(repository)}: ${why}`)
  if (!URL.canParse(repository)) throw refuse('it is no URL; write https://host/path')
  const url = new URL(repository)
  if (url.username !== '' || url.password !== '') {
    throw refuse('its URL carries credentials; give them to Slipway as a token instead')
  }
  if (url.search !== '' || url.hash !== '') throw refuse('its URL has a query or a fragment')
  const plain = plainHttpUnder.some((base) => isUnder(base, repository))
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plain)) {
    throw refuse(`${url.protocol}// is not allowed; use https://`)
  }
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** Whether `repository` lies below `base`: the same origin, and a path inside it once both are normalized. */
export function isUnder(base: string, repository: string): boolean {
  if (!URL.canParse(base) || !URL.canParse(repository)) return false
  const [root, url] = [new URL(base), new URL(repository)]
  // An encoded slash or dot could mean another path to the server than it does to us.
  if (/%2f|%5c|%2e/i.test(url.pathname)) return false
  return url.origin === root.origin && url.pathname.startsWith(`${root.pathname.replace(/\/+$/, '')}/`)
}

/** An address fit for a message. */
export const withoutCredentials = (repository: string): string =>
  repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').slice(0, 300)
