// One commit: what each check found, the notes it left, the buttons it offers, and where the commit was deployed.
import { html, raw } from 'hono/html'
import type { Commit } from '../commits.ts'
import { type CheckRun, type Deployment, fullNameOf, type Json, type Repository } from '../state.ts'
import type { Html } from './layout.ts'
import { renderMarkdown } from './markdown.ts'
import { kindOf, latest } from './standing.ts'

export function checksOf(repository: Repository, { sha, message, author }: Commit): Html {
  const runs = repository.checkRuns.filter((one) => one.sha === sha).toReversed()
  const told = latest(
    repository.statuses.filter((one) => one.sha === sha),
    ({ context }) => context,
  )
  const deployments = repository.deployments.filter((one) => one.sha === sha)
  return html`
    <p class="quiet"><a href="/${fullNameOf(repository)}/commits">${fullNameOf(repository)}</a></p>
    <h1>${message.split('\n')[0]}</h1>
    <p class="quiet">${author.name} · <code>${sha}</code></p>
    ${runs.length + told.length === 0 ? html`<p>No check has said anything of this commit yet.</p>` : ''}
    ${runs.length === 0 ? '' : html`<form method="post"><button>Re-run all checks</button></form>`}
    ${runs.map((run) => checkRunCard(repository, run))}
    ${told.map(({ context, state, description }) => html`<p><span class="state ${kindOf(state)}">${context}</span> ${description}</p>`)}
    ${deployments.length === 0 ? '' : html`<h2>Deployments</h2><ul class="list">${deployments.map(deploymentLine)}</ul>`}`
}

function checkRunCard(repository: Repository, run: CheckRun): Html {
  const state = run.conclusion ?? run.status
  return html`<section class="card" id="run-${run.id}" aria-labelledby="name-${run.id}">
    <header>
      <h2 id="name-${run.id}"><span class="state ${kindOf(state)}">${run.name}</span></h2>
      <span class="quiet grow">${state.replace('_', ' ')} ${since(run)}</span>
      ${buttons(repository, run)}
    </header>
    <div>
      ${run.title === null ? '' : html`<h3>${run.title}</h3>`}
      ${raw(renderMarkdown(run.summary ?? ''))}
      ${run.annotations.map(annotation)}
      ${raw(renderMarkdown(run.text ?? ''))}
      <p class="quiet"><a href="${run.detailsUrl}" rel="noreferrer">Details at ${run.suite.app.name}</a> · ${run.externalId}</p>
    </div>
  </section>`
}

/** When it ended, else since when it goes on. */
function since({ completedAt, startedAt }: CheckRun): Html {
  const time = completedAt ?? startedAt
  const shown = time.replace('T', ' ').replace('Z', ' UTC')
  return html`${completedAt === null ? 'since' : '·'} <time datetime="${time}">${shown}</time>`
}

/** As on GitHub, a run's buttons are there when it is completed. */
function buttons(repository: Repository, run: CheckRun): Html | '' {
  if (run.status !== 'completed') return ''
  const actions = [
    ...run.actions,
    { label: 'Re-run', description: 'Ask for this check again', identifier: '' },
  ]
  return html`<form method="post" action="/${fullNameOf(repository)}/runs/${run.id}">${actions.map(
    ({ label, description, identifier }) =>
      html`<button name="identifier" value="${identifier}" title="${description}">${label}</button>`,
  )}</form>`
}

function annotation(one: Json): Html {
  const kind = one.annotation_level === 'failure' ? 'grave' : ''
  return html`<div class="annotation ${kind}" role="note">
    <strong>${one.title ?? one.annotation_level}</strong>
    <code>${one.path}:${one.start_line}${one.start_column === null ? '' : `:${one.start_column}`}</code>
    <pre>${one.message}</pre>
  </div>`
}

function deploymentLine({ environment, statuses }: Deployment): Html {
  const last = statuses.at(-1)
  return html`<li>
    <span class="grow"><strong>${environment}</strong> <span class="quiet">${last?.description ?? ''}</span></span>
    ${last?.environmentUrl ? html`<a href="${last.environmentUrl}" rel="noreferrer">${last.environmentUrl}</a>` : ''}
    <span class="state ${kindOf(last?.state ?? 'pending')}">${(last?.state ?? 'pending').replace('_', ' ')}</span>
  </li>`
}
