// Which repository of a GitHub an address means.

/** `acme/shop`. */
export interface RepositoryName {
  readonly owner: string
  readonly name: string
}

/** Undefined when the address lies elsewhere, or is no repository's. `api` is the API's address. */
export function repositoryOn(api: string, repository: string): RepositoryName | undefined {
  if (!URL.canParse(repository)) return undefined
  const { origin, pathname } = new URL(repository)
  if (origin !== webOrigin(api)) return undefined
  const [, owner, name] = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/*$/.exec(pathname) ?? []
  return owner && name && !/^\.+$/.test(name) ? { owner, name } : undefined
}

/** Where people see what the API at this address tells: `https://api.github.com` and `https://ghes/api/v3` are beside it. */
export const webOrigin = (api: string): string => {
  const { protocol, host } = new URL(api)
  return `${protocol}//${host.replace(/^api\./, '')}`
}

export const fullName = ({ owner, name }: RepositoryName): string => `${owner}/${name}`
