// When two repository URLs mean the same repository: scheme, credentials, `.git` and a final slash do not count.

/** `https://github.com/Acme/shop.git` and `git@github.com:acme/shop` → `github.com/acme/shop`. */
export function repositoryKey(url: string): string {
  const scp = /^(?:[^@/\s]+@)?([^/:\s]+):(?!\/\/)(.+)$/.exec(url)
  const [host, path] = scp ? [scp[1] ?? '', scp[2] ?? ''] : split(url)
  const bare = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  const lower = host.toLowerCase()
  // GitHub does not tell upper from lower case; other hosts may.
  return lower === 'github.com' ? `${lower}/${bare.toLowerCase()}` : `${lower}/${bare}`
}

function split(url: string): [host: string, path: string] {
  try {
    const { host, pathname } = new URL(url)
    return [host, pathname]
  } catch {
    return ['', url]
  }
}
