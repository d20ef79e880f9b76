// Which page an address means.

export type Place =
  /** `namespace` is absent where the API's own is meant. */
  | { readonly page: 'list'; readonly namespace?: string }
  | { readonly page: 'release'; readonly namespace: string; readonly name: string }

export function placeOf({ pathname, search }: Pick<URL, 'pathname' | 'search'>): Place {
  const [, namespace, name] = /^\/releases\/([^/]+)\/([^/]+)\/?$/.exec(pathname) ?? []
  if (namespace && name) return { page: 'release', namespace: decoded(namespace), name: decoded(name) }
  const asked = new URLSearchParams(search).get('namespace')
  return asked ? { page: 'list', namespace: asked } : { page: 'list' }
}

export const listAddress = (namespace?: string): string =>
  namespace === undefined ? '/' : `/?${new URLSearchParams({ namespace })}`

/** A broken escape means what is written there. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
