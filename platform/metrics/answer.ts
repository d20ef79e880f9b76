// Asks Prometheus one question and takes its answer apart.
import { z } from 'zod'
import { type Answer, askJson } from '../http.ts'

/** A series: its labels, and its samples as seconds since the epoch and a number in words. */
export type Series = z.infer<typeof Matrix>['data']['result'][number]

export interface Asked {
  readonly url: string
  /** `query` or `query_range`. */
  readonly path: string
  readonly form: Readonly<Record<string, string>>
  /** What is asked, for the error: `Prometheus for the counters of default/shop`. */
  readonly what: string
  /** Seconds that Prometheus may take. */
  readonly within: number
}

const longest = 32 * 1024 * 1024

/** The series of the answer, and when Prometheus gave it: by its own clock, in milliseconds. */
export async function ask({ url, path, form, what, within }: Asked): Promise<{
  readonly series: readonly Series[]
  readonly date: number
}> {
  const answer = await askJson({
    url: `${url}/api/v1/${path}`,
    what,
    form: { ...form, timeout: `${within}s` },
    // Prometheus' own refusal says more than a connection that was cut.
    timeout: (within + 1) * 1000,
    limit: longest,
  })
  const matrix = Matrix.safeParse(answer.body)
  if (!matrix.success) throw new Error(`cannot ask ${what}: ${why(answer)}`)
  return { series: matrix.data.data.result, date: answer.date }
}

const Sample = z.tuple([z.number(), z.string()])
const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(Sample) })),
  }),
})
const Refused = z.object({ errorType: z.string(), error: z.string() })

function why({ status, body }: Answer): string {
  const refused = Refused.safeParse(body)
  return refused.success
    ? `${refused.data.errorType}: ${refused.data.error}`
    : `HTTP ${status}, an answer of another form`
}
