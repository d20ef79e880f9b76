// What a Dockerfile tells about the image it makes.

/** The TCP port that the last stage exposes; a variable counts with the value that ENV or ARG gives it. */
export function exposedPort(dockerfile: string): number | undefined {
  const variables = new Map<string, string>()
  let port: number | undefined
  for (const { keyword, rest } of instructions(dockerfile)) {
    if (keyword === 'FROM') port = undefined
    if (keyword === 'ENV' || keyword === 'ARG') assign(variables, rest)
    if (keyword === 'EXPOSE') port ??= firstTcpPort(substitute(rest, variables))
  }
  return port
}

/** Joined over continued lines, without comments. */
function instructions(dockerfile: string): { keyword: string; rest: string }[] {
  return dockerfile
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^\s*([A-Za-z]+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, keyword = '', rest = '']) => ({ keyword: keyword.toUpperCase(), rest }))
}

function assign(variables: Map<string, string>, rest: string): void {
  const pairs = [...rest.matchAll(/([A-Za-z_]\w*)=("[^"]*"|\S+)/g)]
  for (const [, name = '', value = ''] of pairs) variables.set(name, value.replace(/^"|"$/g, ''))
  const old = /^([A-Za-z_]\w*)\s+(\S+)$/.exec(rest.trim())
  if (old && pairs.length === 0) variables.set(old[1] ?? '', old[2] ?? '')
}

const substitute = (text: string, variables: Map<string, string>): string =>
  text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (_all, braced, fallback, plain) => variables.get(braced ?? plain) ?? fallback ?? '',
  )

function firstTcpPort(ports: string): number | undefined {
  for (const part of ports.trim().split(/\s+/)) {
    const match = /^(\d{1,5})(?:\/tcp)?$/i.exec(part)
    const port = Number(match?.[1])
    if (port >= 1 && port <= 65_535) return port
  }
  return undefined
}
