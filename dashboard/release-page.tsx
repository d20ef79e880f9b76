// One release, as it goes: where it stands, what it waits for, its weight, its numbers, and all that was decided.
import { useEffect, useState } from 'preact/hooks'
import { firstLine, shortSha } from '../domain/figures.ts'
import { comparison, verdictWords } from '../domain/judge/in-words.ts'
import type { Evidence } from '../domain/judge/judge.ts'
import { type Refusal, wantsToken } from './ask.ts'
import { commitLink } from './commit-link.ts'
import { commands, facts, history, lastEvidence, standing, waitOf } from './facts.ts'
import { follow, type Line } from './follow.ts'
import { type Release, releaseOf } from './release.ts'
import { line, lines } from './text.ts'
import { WeightPicture } from './weight-picture.tsx'

interface ReleasePageProps {
  readonly namespace: string
  readonly name: string
  readonly token: string
  readonly onRefused: (refusal: Refusal) => void
}

export function ReleasePage({ namespace, name, token, onRefused }: ReleasePageProps) {
  const [release, setRelease] = useState<Release>()
  const [joined, setJoined] = useState<Line>({ kind: 'asking' })
  useEffect(() => {
    const left = new AbortController()
    const { signal } = left
    const onRelease = (told: Parameters<typeof releaseOf>[0]) => setRelease(releaseOf(told))
    void follow({ namespace, name, token, signal, onRelease, onLine: setJoined })
    return () => left.abort()
  }, [namespace, name, token])
  useEffect(() => {
    if (joined.kind === 'refused' && wantsToken(joined.refusal)) onRefused(joined.refusal)
  }, [joined, onRefused])
  const now = useNow(release?.outcome === undefined)
  useEffect(() => {
    document.title = `${name}${release ? ` ${release.outcome ?? release.phase}` : ''} · Slipway`
  }, [name, release])

  return (
    <>
      <p class={`joined ${joined.kind}`} role="status">
        {lineWords(joined)}
      </p>
      {release ? <About release={release} now={now} /> : <h1>{name}</h1>}
    </>
  )
}

/** Milliseconds since the epoch, each second anew while time matters. */
function useNow(runs: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!runs) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [runs])
  return now
}

function lineWords(joined: Line): string {
  switch (joined.kind) {
    case 'asking':
      return 'The release is being read.'
    case 'live':
      return 'Live: this page changes with the release.'
    case 'pausing':
      return `Not live: ${joined.why}. It is tried again.`
    case 'over':
      return 'The release is over: nothing here changes any more.'
    case 'refused':
      return joined.refusal.detail
  }
}

interface AboutProps {
  readonly release: Release
  readonly now: number
}

function About({ release, now }: AboutProps) {
  const evidence = lastEvidence(release)
  return (
    <article>
      <Head release={release} />
      <Waits release={release} now={now} />
      <section aria-labelledby="weight">
        <h2 id="weight">Weight</h2>
        <WeightPicture release={release} now={now} />
      </section>
      {evidence && <Compared release={release} evidence={evidence} />}
      <History release={release} />
      <section aria-labelledby="facts">
        <h2 id="facts">The release</h2>
        <dl>
          {facts(release, now).map(([label, text]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <bdi>{text}</bdi>
              </dd>
            </div>
          ))}
        </dl>
        <p>More, from the command line:</p>
        <pre>{commands(release).join('\n')}</pre>
      </section>
    </article>
  )
}

function Head({ release }: { readonly release: Release }) {
  const { name, commit, message, stalled, outcome, phase } = release
  const { sha } = release.release
  const link = commitLink(release.repository, sha)
  const [, ...detail] = message.split('\n')
  return (
    <>
      <h1>
        {name} <span class={`state ${outcome ?? phase}`}>{standing(release)}</span>
      </h1>
      <p class="commit">
        {link ? (
          <a href={link} rel="noreferrer">
            <code>{shortSha(sha)}</code>
          </a>
        ) : (
          <code>{shortSha(sha)}</code>
        )}{' '}
        <bdi>{line(commit?.title ?? '')}</bdi>
        {commit?.author && (
          <span class="quiet">
            {' '}
            by <bdi>{line(commit.author, 100)}</bdi>
          </span>
        )}
      </p>
      <p>
        <bdi>{line(firstLine(message))}</bdi>
      </p>
      {detail.length > 0 && <pre class="detail">{lines(detail.join('\n'))}</pre>}
      {stalled && !outcome && (
        <p class="waits">
          Stalled: <bdi>{line(stalled)}</bdi>. No data is neither good nor bad: it waits.
        </p>
      )}
    </>
  )
}

function Waits({ release, now }: AboutProps) {
  const wait = waitOf(release, now)
  if (!wait) return null
  return (
    <section class="waits" aria-labelledby="waits">
      <h2 id="waits">Waiting</h2>
      <p>
        <bdi>{wait.message}</bdi>
      </p>
      <p class="quiet">{wait.more.join(' · ')}</p>
      {wait.answers.map((answer) => (
        <pre key={answer}>{answer}</pre>
      ))}
    </section>
  )
}

function Compared({ release, evidence }: { readonly release: Release; readonly evidence: Evidence }) {
  const { judging } = release
  return (
    <section aria-labelledby="compared">
      <h2 id="compared">Canary and stable</h2>
      <table class="numbers">
        <thead>
          <tr>
            <td />
            <th scope="col">canary</th>
            <th scope="col">stable</th>
          </tr>
        </thead>
        <tbody>
          {comparison(evidence, judging?.objectives).map(([label, canary, stable]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{canary}</td>
              <td>{stable}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {evidence.test && (
        <ul>
          {verdictWords(evidence.test).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      {judging && (
        <details>
          <summary>Asked of the metrics at each look</summary>
          <pre>{lines(judging.query)}</pre>
        </details>
      )}
    </section>
  )
}

function History({ release }: { readonly release: Release }) {
  const rows = history(release)
  return (
    <section aria-labelledby="history">
      <h2 id="history">What happened</h2>
      {rows.length === 0 ? (
        <p>Nothing yet.</p>
      ) : (
        <table class="wide">
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Weight</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.time} ${row.what}`}>
                <td>
                  {row.time} <span class="quiet">{row.since}</span>
                </td>
                <td>
                  {row.weight} <span class="quiet">{row.phase}</span>
                </td>
                <td>
                  <bdi>{row.what}</bdi>
                  {row.numbers.map((one) => (
                    <span class="quiet" key={one}>
                      {one}
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
