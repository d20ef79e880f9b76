// `spec.release.gates` and `spec.release.windows`, as people write them. Part of the one schema in app.ts.
import { z } from 'zod'
import { days } from './gate.ts'
import { Duration, List, Text, Whole, Word, WordOrWeight } from './notation.ts'

const principal = /^[A-Za-z0-9][\w.@:/+-]*$/
const Person = Text(
  principal,
  256,
  'a name from the policy’s people, or like user:ana@example.com or github:ana',
)

const Hook = z.strictObject({
  url: Text(/^https?:\/\/[^\s@]+$/, 2048, 'an http or https address without credentials')
    .exactOptional()
    .describe('Called with POST and a signature; 2xx passes, 4xx refuses.'),
  command: List(Text(/^[^\0]*$/, 4096, 'a text'), 1, 64, 'words of a command')
    .exactOptional()
    .describe('Run as a Job with the release’s own image; exit code 0 passes, any other refuses.'),
  retries: Whole(0, 20).default(2).describe('Further tries when there was no answer.'),
})

const Gate = z.strictObject({
  before: WordOrWeight('promotion').describe(
    'Where it stands: before the canary holds this share, or before the old revision goes. `0.1%` is before the first request.',
  ),
  approvers: List(Person, 0, 32, 'people')
    .exactOptional()
    .describe('Who may approve; whoever holds the verb `approve` on the release when empty.'),
  approvals: Whole(1, 10).exactOptional().describe('How many different people must approve; 1 when absent.'),
  notPusher: z
    .boolean()
    .exactOptional()
    .describe('Four eyes: who pushed the commit or wrote it cannot approve it.'),
  hook: Hook.exactOptional().describe('Another program decides, in place of people.'),
  timeout: Duration('1s', '30d')
    .exactOptional()
    .describe('How long it may stay closed; 24h for people and 10m for a hook when absent.'),
  otherwise: Word('abort', 'pass').default('abort').describe('What happens when its time is over.'),
  remind: Duration('1m', '30d').exactOptional().describe('How often people are reminded; never when absent.'),
})

export const Gates = List(Gate, 0, 16, 'gates, like {before: 50, approvers: [ana]}')

const clock = /^(?:[01]\d|2[0-3]):[0-5]\d$/
const Clock = () => Text(clock, 5, 'a time of day, like "09:30"')

const WindowTime = z.strictObject({
  days: List(Word(...days), 1, 7, 'days, like [mon, tue]')
    .default([...days])
    .describe('On which days; every day when absent.'),
  from: Clock().describe('From this time of day.'),
  to: Clock().describe('To this time of day; on the next day when it is not later.'),
})

const moment = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?$/
const Moment = () => Text(moment, 16, 'a date, like 2026-12-24, or with a time, like 2026-12-24T18:00')

const NamedFreeze = z.strictObject({
  name: Text(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 63, 'a name of a-z, 0-9 and -').describe(
    'What it is called.',
  ),
  from: Moment().describe('When it begins.'),
  until: Moment().describe('When it ends; a date alone is its first moment.'),
})

export const WindowsSpec = z.strictObject({
  timeZone: Text(/^[A-Za-z][\w+\-/]*$/, 64, 'a time zone’s name, like Europe/Berlin')
    .default('UTC')
    .describe('The time zone of all times below.'),
  allow: List(WindowTime, 0, 32, 'times, like {days: [mon], from: "09:00", to: "16:00"}')
    .default([])
    .describe('Weight rises only then; at any time when empty.'),
  deny: List(WindowTime, 0, 32, 'times, like {days: [fri], from: "14:00", to: "00:00"}')
    .default([])
    .describe('Weight does not rise then.'),
  freezes: List(NamedFreeze, 0, 64, 'freezes, like {name: holidays, from: 2026-12-20, until: 2027-01-03}')
    .default([])
    .describe('Named times without any rise.'),
})
