// The local GitHub as a program: serves until it is ended. What stands on commits is forgotten then; the repositories stay.
import { demoRepository, githubHere } from '../github-here.ts'
import { startGithub } from './server.ts'

const github = await startGithub(githubHere())
// Bo may read, and press nothing.
await github.createRepository(demoRepository, { permissions: { ana: 'admin', bo: 'read' } })
console.log(`listening on ${github.url}`)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void github.close())
