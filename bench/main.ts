// `npm run bench -- <name>`: runs a measurement on the running system and prints its report as JSON.
import { type RoadReport, road } from './road.ts'

type Bench = (say: (line: string) => void) => Promise<RoadReport>
const benches: Readonly<Record<string, Bench>> = { road }

const name = process.argv[2] ?? ''
const bench = benches[name]
if (bench) {
  const report = await bench((line) => process.stderr.write(`${line}\n`))
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
} else {
  process.stderr.write(`no bench is called "${name}"; there are: ${Object.keys(benches).join(', ')}\n`)
  process.exitCode = 2
}
