// The visitor's own token of the cluster: kept for this tab alone, and never part of an address.

const key = 'slipway-token'

export const storedToken = (): string => sessionStorage.getItem(key) ?? ''

export function storeToken(token: string): void {
  if (token === '') sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
}

/** A pasted token brings spaces and line ends along; what is left must fit into a header. */
export const tidyToken = (pasted: string): string => pasted.replace(/[^\x21-\x7e]/g, '')
