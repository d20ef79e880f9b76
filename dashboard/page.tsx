// Who looks, and at what: asks for a token where there is none that serves, else shows the list or the release.
import { useErrorBoundary, useState } from 'preact/hooks'
import type { Refusal } from './ask.ts'
import { listAddress, type Place } from './place.ts'
import { ReleaseList } from './release-list.tsx'
import { ReleasePage } from './release-page.tsx'
import { SignIn } from './sign-in.tsx'
import { storedToken, storeToken } from './token.ts'

export function Page({ place }: { readonly place: Place }) {
  const [token, setToken] = useState(storedToken)
  const [refusal, setRefusal] = useState<Refusal>()
  const bring = (next: string) => {
    storeToken(next)
    setRefusal(undefined)
    setToken(next)
  }
  return (
    <>
      <header class="top">
        <a class="name" href={listAddress(place.namespace)}>
          Slipway
        </a>
        {token !== '' && (
          <button type="button" class="quiet" onClick={() => bring('')}>
            Forget the token
          </button>
        )}
      </header>
      <main>
        {token === '' || refusal ? (
          <SignIn namespace={place.namespace} refusal={refusal} onToken={bring} />
        ) : (
          <Shown place={place} token={token} onRefused={setRefusal} />
        )}
      </main>
    </>
  )
}

interface ShownProps {
  readonly place: Place
  readonly token: string
  readonly onRefused: (refusal: Refusal) => void
}

function Shown({ place, ...rest }: ShownProps) {
  const [broken] = useErrorBoundary()
  if (broken) {
    return (
      <p class="refusal" role="alert">
        This page cannot show what is there: another version of Slipway may have written it. Load the page
        again, or look with <code>kubectl get releases --output yaml</code>.
      </p>
    )
  }
  return place.page === 'release' ? (
    <ReleasePage namespace={place.namespace} name={place.name} {...rest} />
  ) : (
    <ReleaseList namespace={place.namespace} {...rest} />
  )
}
