// `spec.release.gates` and `spec.release.windows`, as people write them. Part of the one schema in app.ts.
import { z } from 'zod'
import { days } from './gate.ts'
import { Clock, Duration, Flag, List, Moment, Text, Whole, Word, WordOrWeight } from './notation.ts'

const principal = /^[A-Za-z0-9][\w.@:/+-]*$/
const Person = Text(
  principal,
  256,
  'a name from the policy’s people, or like user:ana@example.com or github:ana',
)

const Hook = z.strictObject({
  url: Text(/^https?:\/\/[^\s@]+$/, 2048, 'an http or https address without credentials')
    .exactOptional()
    .describe(
      'Called with POST and a signature; 2xx passes; 408, 429, 5xx and silence are asked again; anything else refuses.',
    ),
  command: List(Text(/^[^\0]*$/, 4096, 'a text'), 1, 64, 'words of a command')
    .exactOptional()
    .describe('Run as a Job with the release’s own image; exit code 0 passes, any other refuses.'),
  retries: Whole(0, 20).default(2).describe('Further tries when there was no answer.'),
})

const Gate = z.strictObject({
  before: WordOrWeight('promotion').describe(
    'Where it stands: before the canary holds this share or more, or before the old revision goes. `0.1%` is before the first request.',
  ),
  approvers: List(Person, 0, 32, 'people')
    .exactOptional()
    .describe('Who may approve; whoever holds the verb `approve` on the release when empty.'),
  approvals: Whole(1, 10).exactOptional().describe('How many different people must approve; 1 when absent.'),
  notPusher: Flag()
    .exactOptional()
    .describe('Four eyes: who pushed the commit or wrote it cannot approve it.'),
  hook: Hook.exactOptional().describe('Another program decides, in place of people.'),
  timeout: Duration('1s', '30d')
    .exactOptional()
    .describe('How long it may stay closed; 24h for people and 10m for a hook when absent.'),
  otherwise: Word('abort', 'pass').default('abort').describe('What happens when its time is over.'),
  remind: Duration('1m', '30d').exactOptional().describe('How often people are reminded; never when absent.'),
})

export type GateSpec = z.output<typeof Gate>

export const Gates = List(Gate, 0, 16, 'gates, like {before: 50, approvers: [ana]}')

const WindowTime = z.strictObject({
  days: List(Word(...days), 1, 7, 'days, like [mon, tue]')
    .default([...days])
    .describe('On which days; every day when absent.'),
  from: Clock().describe('From this time of day.'),
  to: Clock().describe('To this time of day, at most 24:00; on the next day when it is earlier.'),
})

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
  deny: List(WindowTime, 0, 32, 'times, like {days: [fri], from: "14:00", to: "24:00"}')
    .default([])
    .describe('Weight does not rise then.'),
  freezes: List(NamedFreeze, 0, 64, 'freezes, like {name: holidays, from: 2026-12-20, until: 2027-01-03}')
    .default([])
    .describe('Named times without any rise.'),
})
export type WindowsSpec = z.output<typeof WindowsSpec>
