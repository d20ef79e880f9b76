// The one hook of our repositories: it hands the moved refs to the process that serves the push, and shows its answer.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// Two inherited descriptors instead of a port and a secret: only the API that runs this very push can be spoken to.
// 3 takes `old new ref` lines and an empty one; 4 gives what the pusher reads as `remote:` lines.
const postReceive = `#!/bin/sh
{ : >&3; } 2>/dev/null || exit 0
while read -r old new ref; do
  printf '%s %s %s\\n' "$old" "$new" "$ref" >&3
done
printf '\\n' >&3
exec cat <&4
`

/** Writes the hook below the git root and returns the folder for \`core.hooksPath\`. */
export async function installHook(root: string): Promise<string> {
  const folder = join(root, '.hooks')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const aside = join(folder, `.post-receive-${process.pid}`)
  await writeFile(aside, postReceive)
  await chmod(aside, 0o755)
  // Renamed over the old one: a push that starts meanwhile runs one of the two, never half of one.
  await rename(aside, join(folder, 'post-receive'))
  return folder
}
