// Asks for a token of the cluster, and says how to get one: Slipway knows no users of its own.
import type { TargetedSubmitEvent } from 'preact'
import { type Refusal, tidyToken } from './ask.ts'

interface SignInProps {
  readonly namespace: string | undefined
  readonly refusal: Refusal | undefined
  readonly onToken: (token: string) => void
}

export function SignIn({ namespace = 'default', refusal, onToken }: SignInProps) {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const token = tidyToken(String(new FormData(event.currentTarget).get('token') ?? ''))
    if (token !== '') onToken(token)
  }
  return (
    <section class="sign-in">
      <h1>Who are you?</h1>
      {refusal && (
        <p class="refusal" role="alert">
          {words(refusal)}
        </p>
      )}
      <p>
        Slipway has no users of its own: it asks the cluster what the owner of your token may see. Whoever has
        the role <code>slipway-viewer</code> in the namespace sees its releases.
      </p>
      <form onSubmit={submit}>
        <label for="token">A token of the cluster</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby="kept"
        />
        <button type="submit">Show the releases</button>
      </form>
      <p id="kept" class="quiet">
        It is kept in this tab until you close it, and sent to Slipway alone.
      </p>
      <h2>How to get one</h2>
      <pre>{`kubectl create token <service account> --namespace ${namespace}`}</pre>
      <p class="quiet">An hour later it has run out. The service account needs the role once:</p>
      <pre>{`kubectl create rolebinding <name> --namespace ${namespace} \\
  --clusterrole slipway-viewer --serviceaccount ${namespace}:<service account>`}</pre>
    </section>
  )
}

function words({ status, detail }: Refusal): string {
  if (status === 401) return 'The cluster does not know this token, or it has run out. Bring another one.'
  if (status === 403) return `${detail}. Bring another token, or have the role given to its owner.`
  return detail
}
