// Lists of repositories and of commits, each commit with what was said of it.
import { html } from 'hono/html'
import { type Commit, commitsOf, folderOf, refsOf } from '../commits.ts'
import { fullNameOf, type Repository, type State } from '../state.ts'
import type { Html } from './layout.ts'
import { type Kind, kindOf, latest } from './standing.ts'

export const repositoryList = ({ repositories }: State): Html => html`
  <h1>Repositories</h1>
  <ul class="list">${repositories.map(
    (one) => html`<li><a class="grow" href="/${fullNameOf(one)}/commits">${fullNameOf(one)}</a></li>`,
  )}</ul>`

export async function commitList(state: State, repository: Repository, branch: string): Promise<Html> {
  const folder = folderOf(state, repository)
  const branches = [...(await refsOf(folder)).keys()]
    .filter((ref) => ref.startsWith('refs/heads/'))
    .map((ref) => ref.slice('refs/heads/'.length))
  const name = fullNameOf(repository)
  const commits = branches.includes(branch)
    ? await commitsOf(folder, ['--max-count=30', `refs/heads/${branch}`])
    : []
  return html`
    <h1>${name}</h1>
    <p class="quiet">Branches: ${branches.map((one) => html`<a href="/${name}/commits/${one}">${one}</a> `)}</p>
    ${commits.length === 0 ? html`<p>Nothing has been pushed to ${branch} yet.</p>` : ''}
    <ul class="list">${commits.map((commit) => commitLine(repository, commit))}</ul>`
}

function commitLine(repository: Repository, { sha, message, author }: Commit): Html {
  const name = fullNameOf(repository)
  const all = standings(repository, sha)
  return html`<li>
    <span class="grow"><a href="/${name}/commit/${sha}/checks">${message.split('\n')[0]}</a><br>
      <span class="quiet">${author.name} · <code>${sha.slice(0, 7)}</code></span></span>
    <span>${all.map(({ title, kind }) => html`<span class="state ${kind}">${title}</span><br>`)}</span>
  </li>`
}

interface Standing {
  readonly title: string
  readonly kind: Kind
}

/** The newest run of each name, and the newest status of each context. */
function standings({ checkRuns, statuses }: Repository, sha: string): readonly Standing[] {
  const runs = latest(
    checkRuns.filter((one) => one.sha === sha),
    ({ name }) => name,
  )
  const told = latest(
    statuses.filter((one) => one.sha === sha),
    ({ context }) => context,
  )
  return [
    ...runs.map((run) => ({ title: run.name, kind: kindOf(run.conclusion ?? run.status) })),
    ...told.map(({ context, state }) => ({ title: context, kind: kindOf(state) })),
  ]
}
