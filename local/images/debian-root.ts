// Root file systems for images, made of Debian's packages alone.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { logOf } from '../paths.ts'
import { run } from '../process.ts'
import { cached } from '../tools/cache.ts'
import { debianSuite } from '../versions.ts'

/** What every image has: a shell for RUN lines, the core programs, and whom to trust. */
const base = ['dash', 'coreutils', 'ca-certificates']

/** A tar of a Debian root with these packages unpacked in it. */
export async function debianRoot(
  mmdebstrap: string,
  name: string,
  packages: readonly string[],
): Promise<string> {
  const folder = await cached(`root-${name}-${debianSuite}-${recipe}`, async (draft) => {
    const script = join(draft, 'finish.sh')
    writeFileSync(script, finish, { mode: 0o755 })
    const include = `--include=${[...base, ...packages].join(',')}`
    await run(
      [
        mmdebstrap,
        '--variant=extract',
        include,
        `--extract-hook=${script}`,
        debianSuite,
        join(draft, 'root.tar'),
      ],
      {
        env: { SOURCE_DATE_EPOCH: '1700000000' },
        log: logOf(`image-${name}`),
        timeout: 600_000,
      },
    )
  })
  return join(folder, 'root.tar')
}

const recipe = '1'

/** What installing the packages would have done: accounts, the bundle of certificates, a folder for temporary files. */
const finish = `#!/bin/sh
set -e
cd "$1"
printf 'root:x:0:0:root:/root:/bin/sh\\nnode:x:1000:1000:node:/home/node:/bin/sh\\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\\n' > etc/passwd
printf 'root:x:0:\\nnode:x:1000:\\nnogroup:x:65534:\\n' > etc/group
printf 'hosts: files dns\\n' > etc/nsswitch.conf
mkdir -p etc/ssl/certs root home/node tmp run
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
chown 1000:1000 home/node
chmod 1777 tmp
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/info
`
