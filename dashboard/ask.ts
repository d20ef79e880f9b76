// Asks the API with the visitor's token, and says why it did not answer.

export interface Refusal {
  /** As HTTP counts them; 0: there was no answer at all. */
  readonly status: number
  /** One sentence. */
  readonly detail: string
}

export interface Asking {
  readonly token: string
  readonly signal: AbortSignal
}

/** What was answered, or why not; never throws. */
export async function ask(address: string, { token, signal }: Asking): Promise<Response | Refusal> {
  const headers = { authorization: `Bearer ${token}` }
  try {
    const answer = await fetch(address, { headers, signal, redirect: 'error' })
    return answer.ok ? answer : { status: answer.status, detail: await detailOf(answer) }
  } catch {
    return { status: 0, detail: 'Slipway does not answer' }
  }
}

/** Another token may be let in. */
export const wantsToken = ({ status }: Refusal): boolean => status === 401 || status === 403

export const isRefusal = (answer: Response | Refusal): answer is Refusal => !(answer instanceof Response)

/** A pasted token brings spaces and line ends along; what is left must fit into a header. */
export const tidyToken = (pasted: string): string => pasted.replace(/[^\x21-\x7e]/g, '')

/** What stands between here and Slipway answers in its own words, if in any. */
async function detailOf(answer: Response): Promise<string> {
  try {
    const { detail } = (await answer.json()) as { detail?: unknown }
    if (typeof detail === 'string') return detail
  } catch {
    // The status says enough.
  }
  return `the answer was ${answer.status}`
}
