// The releases of a namespace, newest first.
import { useEffect, useState } from 'preact/hooks'
import { date, firstLine, shortSha } from '../domain/figures.ts'
import { pagePath } from '../domain/release.ts'
import { ask, isRefusal, type Refusal, wantsToken } from './ask.ts'
import { standing } from './facts.ts'
import { listAddress } from './place.ts'
import { type Release, releaseOf, type Told } from './release.ts'
import { line } from './text.ts'

interface ReleaseListProps {
  readonly namespace: string | undefined
  readonly token: string
  readonly onRefused: (refusal: Refusal) => void
}

interface Found {
  readonly namespace: string
  readonly releases: readonly Release[]
}

/** Longer lists are no help. */
const most = 200

export function ReleaseList({ namespace, token, onRefused }: ReleaseListProps) {
  const [found, setFound] = useState<Found>()
  const [trouble, setTrouble] = useState('')
  const [asked, askAgain] = useState(0)
  useEffect(() => {
    const left = new AbortController()
    void read(namespace, { token, signal: left.signal }).then((answer) => {
      if (left.signal.aborted) return
      setTrouble('status' in answer ? answer.detail : '')
      if (!('status' in answer)) setFound(answer)
      else if (wantsToken(answer)) onRefused(answer)
    })
    return () => left.abort()
  }, [namespace, token, onRefused, asked])

  return (
    <>
      <h1>Releases{found && ` in ${found.namespace}`}</h1>
      {trouble !== '' && (
        <p class="refusal" role="alert">
          {trouble}
        </p>
      )}
      <form class="row" onSubmit={(event) => event.preventDefault()}>
        <label for="namespace">Namespace</label>
        <input
          id="namespace"
          key={found?.namespace}
          defaultValue={found?.namespace ?? namespace ?? ''}
          onChange={(event) => window.location.assign(listAddress(event.currentTarget.value.trim()))}
        />
        <button type="button" onClick={() => askAgain(asked + 1)}>
          Look again
        </button>
      </form>
      {found ? <Table releases={found.releases} /> : trouble === '' && <p>The releases are being read.</p>}
    </>
  )
}

async function read(
  namespace: string | undefined,
  asking: { readonly token: string; readonly signal: AbortSignal },
): Promise<Found | Refusal> {
  const query = namespace === undefined ? '' : `?${new URLSearchParams({ namespace })}`
  const answer = await ask(`/api/releases${query}`, asking)
  if (isRefusal(answer)) return answer
  try {
    const told = (await answer.json()) as { readonly namespace: string; readonly items: readonly Told[] }
    return { namespace: told.namespace, releases: told.items.slice(0, most).map(releaseOf) }
  } catch {
    return { status: 0, detail: 'the answer broke off' }
  }
}

function Table({ releases }: { readonly releases: readonly Release[] }) {
  if (releases.length === 0) return <p>There are none here yet: a push makes the first one.</p>
  return (
    <table class="wide">
      <thead>
        <tr>
          <th scope="col">Release</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {releases.map((release) => (
          <tr key={release.name}>
            <th scope="row">
              <a href={pagePath(release.release)}>{release.name}</a>
              <br />
              <span class={`state ${release.outcome ?? release.phase}`}>{standing(release)}</span>
            </th>
            <td>
              <bdi>{line(release.commit?.title ?? '', 80)}</bdi>
              <bdi class="quiet">{line(reason(release), 120)}</bdi>
              <span class="quiet">
                <code>{shortSha(release.release.sha)}</code>
                {release.startedAt > 0 && ` ${date(release.startedAt)}`}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const reason = ({ outcome, waiting, message }: Release): string =>
  firstLine(outcome ? message : (waiting?.message ?? message))
