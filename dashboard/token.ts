// The visitor's own token of the cluster: kept for this tab alone, and never part of an address.

const key = 'slipway-token'

/** A browser that keeps nothing asks at each visit. */
export function storedToken(): string {
  try {
    return sessionStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

export function storeToken(token: string): void {
  try {
    if (token === '') sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, token)
  } catch {
    // It serves until the page is left.
  }
}
