// How GitHub says no: a status, a message, and for a request it cannot use what is wrong with it.
import type { Json } from './state.ts'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json

  constructor(
    status: number,
    message: string,
    {
      headers = {},
      errors,
    }: { headers?: Readonly<Record<string, string>>; errors?: readonly unknown[] } = {},
  ) {
    super(message)
    this.status = status
    this.headers = headers
    const documentation_url = 'https://docs.github.com/rest'
    this.body = { message, ...(errors ? { errors } : {}), documentation_url, status: String(status) }
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found')

export const unprocessable = (errors: readonly unknown[]): Refusal =>
  new Refusal(422, 'Validation Failed', { errors })
