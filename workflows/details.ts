// What the workflows say in words: pages in the Temporal UI, the App's status.
import type { Activities } from '../activities/index.ts'
import type { AppRef } from '../domain/app.ts'
import { type ReleaseStatus, releaseName } from '../domain/release.ts'
import type { AppState } from './messages.ts'

/** `250` → `25 %`, `1` → `0.1 %`. */
export const percent = (weight: number): string => `${weight / 10} %`

export function releaseDetails(status: ReleaseStatus): string {
  const { release, commit, message, outcome, phase, transitions } = status
  const title = `### ${releaseName(release)}: ${outcome ?? phase}`
  const about = `\`${release.sha.slice(0, 7)}\` ${cell(commit ? `${commit.title}, by ${commit.author}` : '')}`
  const rows = transitions.map(
    (one) =>
      `| ${clockTime(one.at)} | ${one.phase} | ${percent(one.weight)} | ${cell(one.message)} | ${numbers(one)} |`,
  )
  const head = ['| UTC | phase | weight | what happened | canary |', '|---|---|---|---|---|']
  return [title, '', about, '', cell(message), '', ...head, ...rows].join('\n')
}

const clockTime = (at: number): string => new Date(at).toISOString().slice(11, 19)

const cell = (text: string): string => text.replace(/[|\r\n]+/g, ' ')

function numbers({ evidence }: ReleaseStatus['transitions'][number]): string {
  if (!evidence) return ''
  const { requests, errors } = evidence.canary
  return `${requests} requests, ${errors} errors`
}

type AppStatus = Parameters<Activities['reportApp']>[0]['status']

export function appStatusOf({ stable, active, waiting, frozen, rejected }: AppState): AppStatus {
  const next = waiting ? `, ${waiting.sha.slice(0, 7)} comes next` : ''
  const ice = frozen ? `; frozen by ${frozen.by}${frozen.reason && `: ${frozen.reason}`}` : ''
  const rests = `${stable ? `${stable.revision} has all traffic` : 'nothing has been released yet'}${ice}`
  return {
    ...(frozen && { frozen }),
    ...(rejected.length > 0 && { rejected }),
    ...(stable && { stable }),
    ...(active && { active: releaseName(active) }),
    ...(waiting && { waiting: waiting.sha }),
    message: active
      ? `${releaseName(active)} (${active.sha.slice(0, 7)}) is being released${next}${ice}`
      : rests,
  }
}

export function appDetails({ namespace, name }: AppRef, state: AppState): string {
  const rows = state.outcomes.map(
    ({ release, sha, outcome }) => `| ${release} | \`${sha.slice(0, 7)}\` | ${outcome} |`,
  )
  const head = ['| release | commit | outcome |', '|---|---|---|']
  return [`### ${namespace}/${name}`, '', appStatusOf(state).message, '', ...head, ...rows].join('\n')
}
