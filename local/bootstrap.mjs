// What runs before anything is installed: brings dependencies and the build up to date, then hands over to them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const local = 'dist/local/main.js'

/** What each verb runs, one after the other, once the build is fresh. */
const verbs = {
  up: (args) => [[process.execPath, local, 'up', ...args]],
  down: (args) => [[process.execPath, local, 'down', ...args]],
  status: (args) => [[process.execPath, local, 'status', ...args]],
  demo: (args) => [[process.execPath, local, 'demo', ...args]],
  bench: (args) => [
    ...(computes('bench', args) ? [] : [[process.execPath, local, 'up']]),
    [process.execPath, 'dist/bench/main.js', ...args],
  ],
  test: (args) => [[process.execPath, local, 'test', ...args]],
  vectors: (args) => [[process.execPath, 'dist/bench/vectors.js', ...args]],
}

/** What only computes: it starts nothing and needs no rights. */
const computes = (verb, [what]) => verb === 'vectors' || (verb === 'bench' && what === 'simulation')

function main() {
  const [verb = '', ...args] = process.argv.slice(2)
  if (!Object.hasOwn(verbs, verb))
    fail(`unknown verb "${verb}": use one of ${Object.keys(verbs).join(', ')}`, 2)
  checkSystem(computes(verb, args))
  process.chdir(root)
  // A machine-readable answer must stay alone on standard output.
  const quiet = args.includes('--json') || verb === 'bench' || verb === 'vectors'
  installDependencies(quiet)
  buildSources(quiet)
  const commands = verbs[verb](args)
  for (const [index, command] of commands.entries()) {
    // What prepares the last command must not stand in its output.
    const output = index < commands.length - 1 ? process.stderr : 'inherit'
    const { status, signal } = spawnSync(command[0], command.slice(1), {
      stdio: ['inherit', output, 'inherit'],
    })
    if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
  }
}

function checkSystem(onlyComputes) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node 20.19 or newer is needed; this is ${process.versions.node}`)
  if (onlyComputes) return
  if (process.platform !== 'linux') fail(`Linux is needed, real or virtual; this is ${process.platform}`)
  if (process.getuid() !== 0) fail('it takes root to run a cluster: run the same command with sudo')
}

function installDependencies(quiet) {
  const stamp = join(root, 'node_modules/.slipway-lock')
  const wanted = hashOf([join(root, 'package-lock.json')])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  step('Dependencies (npm ci)', quiet, ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}

function buildSources(quiet) {
  const stamp = join(root, 'dist/.slipway-build')
  const wanted = hashOf(sources())
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  step('The build (npm run build)', quiet, ['npm', 'run', '--silent', 'build'])
  writeFileSync(stamp, wanted)
}

/** Everything of ours that the build reads. */
function sources() {
  const skipped = new Set(['node_modules', 'dist', 'coverage', 'docs'])
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name))
    .map((entry) => join(root, entry.name))
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const configuration = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map(
    (name) => join(root, name),
  )
  const read = files.filter((file) => /\.(tsx?|css|html)$/.test(file) && statSync(file).isFile())
  return [...read.sort(), ...configuration]
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

function step(title, quiet, command) {
  const since = Date.now()
  if (!quiet && process.stdout.isTTY) process.stdout.write(`…           ${title}\r`)
  const { status, error, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' })
  const seconds = ((Date.now() - since) / 1000).toFixed(1).padStart(6)
  if (status === 0) {
    if (!quiet) console.log(`✓ ${seconds} s  ${title}`)
    return
  }
  const said = `${stdout ?? ''}${stderr ?? ''}`.split('\n').filter((line) => !/^(npm error)?\s*$/.test(line))
  const shown = said.length > 24 ? [...said.slice(0, 12), '…', ...said.slice(-12)] : said
  const why = error ? ` (${error.message})` : ''
  fail(`${seconds} s  ${title}: \`${command.join(' ')}\` failed${why}\n  | ${shown.join('\n  | ')}`)
}

function fail(message, code = 1) {
  console.error(`✗ ${message}`)
  process.exit(code)
}

main()
