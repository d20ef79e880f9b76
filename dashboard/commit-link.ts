// Where a commit can be looked at. An address is somebody's text too: only what is plainly a web page becomes a link.

export function commitLink(repository: string | undefined, sha: string): string | undefined {
  if (repository === undefined || !URL.canParse(repository) || !/^[0-9a-f]{40}$/.test(sha)) return undefined
  const { protocol, host, pathname, username, password } = new URL(repository)
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return undefined
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  return `${protocol}//${host}${path}/commit/${sha}`
}
