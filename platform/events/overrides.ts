// What Knative adds to the events of who sends them: the variable K_CE_OVERRIDES.
import { z } from 'zod'
import { lenientJson } from '../lenient-json.ts'

const Overrides = z.object({ extensions: z.record(z.string(), z.string()).default({}) })

/** Attributes that are the event's own. */
const own = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
]

/** The extensions that it names; the variable's value is not repeated in an error. */
export function extensionsIn(overrides: string | undefined): Readonly<Record<string, string>> {
  if (!overrides) return {}
  const { success, data } = Overrides.safeParse(lenientJson(overrides))
  if (!success) throw new Error('K_CE_OVERRIDES must be JSON like {"extensions": {"team": "shop"}}')
  const wrong = Object.keys(data.extensions).find(
    (name) => !/^[a-z0-9]{1,20}$/.test(name) || own.includes(name),
  )
  if (wrong === undefined) return data.extensions
  throw new Error(
    `K_CE_OVERRIDES cannot set "${wrong}": the name of an extension is 1 to 20 of a-z and 0-9, and none of the event's own`,
  )
}
