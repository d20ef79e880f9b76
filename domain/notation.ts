// How people write numbers in slipway.yaml: `30s`, `99.5%`, `250m`. What leaves these schemas is milliseconds, fractions of 1, thousandths.
import { z } from 'zod'
import { unit } from './duration.ts'
import { formatWeight } from './figures.ts'

/** What a leaf of the schema accepts, in words for people and as JSON Schema for machines. */
export interface Notation {
  /** Completes "must be …". */
  readonly expected: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** The notation of each leaf; errors, the reference and the generated schemas all read it here. */
export const notations = z.registry<Notation>()

const duration = /^(?:\d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/
const durationPart = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** `1m30s` → 90000; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 40 || !duration.test(text)) return undefined
  const parts = [...text.matchAll(durationPart)]
  return Math.round(parts.reduce((sum, [, n, u]) => sum + Number(n) * unit[u as keyof typeof unit], 0))
}

const percent = /^\d{1,3}(?:\.\d{1,4})?%$/

/** `99.5%` → 0.995; undefined for anything else. The sign is demanded, so that 0.995 is never taken for less than one percent. */
export function parseShare(text: string): number | undefined {
  if (!percent.test(text)) return undefined
  return Math.round(Number(text.slice(0, -1)) * 10_000) / 1_000_000
}

/** 0.995 → `99.5%`. */
export const formatShare = (fraction: number): string => `${Math.round(fraction * 1_000_000) / 10_000}%`

const weight = /^\d{1,3}(?:\.\d)?%?$/

/** `5`, `5%` → 50; `0.1%` → 1; undefined for anything else. */
export function parseWeight(written: string | number, min = 1, max = 1000): number | undefined {
  if (!weight.test(String(written))) return undefined
  const thousandths = Math.round(Number(String(written).replace('%', '')) * 10)
  return thousandths >= min && thousandths <= max ? thousandths : undefined
}

const points = /^\d{1,3}(?:\.\d{1,4})?pp$/

/** `0.5pp` → 0.005; undefined for anything else. Percentage points: the difference between two shares, not a part of one. */
export function parsePoints(text: string): number | undefined {
  if (!points.test(text)) return undefined
  return Math.round(Number(text.slice(0, -2)) * 10_000) / 1_000_000
}

/** 0.005 → `0.5pp`. */
export const formatPoints = (fraction: number): string => `${Math.round(fraction * 1_000_000) / 10_000}pp`

const clock = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/

/** `09:30` → 570: minutes since midnight; undefined for anything else. */
export function parseClock(text: string): number | undefined {
  if (!clock.test(text)) return undefined
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
}

/** 570 → `09:30`. */
export const formatClock = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')

const moment = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?$/

/** `2026-12-24T18:00` → as if it were UTC, in milliseconds; undefined for what no calendar has. */
export function parseMoment(text: string): number | undefined {
  if (!moment.test(text)) return undefined
  const full = text.length === 10 ? `${text}T00:00` : text
  const at = Date.parse(`${full}:00Z`)
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(full) ? at : undefined
}

/** A time of day; leaves as minutes since midnight. */
export const Clock = () =>
  leaf(
    z.string().transform((text, context) => parseClock(text) ?? refuse(context, text)),
    'a time of day, like "09:30"',
    { type: 'string', pattern: clock.source },
  )

/** A date, or a date with a time of day, in a time zone that stands elsewhere; leaves as it was written. */
export const Moment = () =>
  leaf(
    z.string().transform((text, context) => (parseMoment(text) === undefined ? refuse(context, text) : text)),
    'a date, like 2026-12-24, or with a time, like 2026-12-24T18:00',
    { type: 'string', pattern: moment.source },
  )

/** A length of time between two others; leaves as milliseconds, or as what `as` makes of them. */
export const Duration = (min: string, max: string, as: (milliseconds: number) => number = (ms) => ms) =>
  leaf(
    z.string().transform((text, context) => {
      const value = parseDuration(text)
      const [from, to] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0]
      return value !== undefined && value >= from && value <= to ? as(value) : refuse(context, text)
    }),
    `a duration from ${min} to ${max}, like 500ms, 30s or 1m30s`,
    { type: 'string', pattern: duration.source },
  )

/** A share of requests between two others; leaves as a fraction of 1. */
export const Share = (min = '50%', max = '100%', like = '99.5%') =>
  leaf(
    z.string().transform((text, context) => {
      const value = parseShare(text)
      const [from, to] = [parseShare(min) ?? 0, parseShare(max) ?? 1]
      return value !== undefined && value >= from && value <= to ? value : refuse(context, text)
    }),
    `a percentage from ${min} to ${max}, like ${like}`,
    { type: 'string', pattern: percent.source },
  )

/** A difference between two shares, in percentage points; leaves as a fraction of 1. */
export const Points = (min: string, max: string, like: string) =>
  leaf(
    z.string().transform((text, context) => {
      const value = parsePoints(text)
      const [from, to] = [parsePoints(min) ?? 0, parsePoints(max) ?? 1]
      return value !== undefined && value >= from && value <= to ? value : refuse(context, text)
    }),
    `percentage points from ${min} to ${max}, like ${like}`,
    { type: 'string', pattern: points.source },
  )

/** A share of the traffic between two others, in thousandths; leaves as thousandths. */
export const Weight = (min = 1, max = 1000, like = '5, 5% or 0.1%') =>
  leaf(
    z
      .union([z.number(), z.string()])
      .transform((written, context) => parseWeight(written, min, max) ?? refuse(context, written)),
    `a percentage from ${formatWeight(min)} to ${formatWeight(max)} in tenths, like ${like}`,
    {
      anyOf: [
        { type: 'number', minimum: min / 10, maximum: max / 10 },
        { type: 'string', pattern: weight.source },
      ],
    },
  )

/** A whole number in a range. */
export const Whole = (min: number, max: number) =>
  leaf(z.int().min(min).max(max), `a whole number from ${min} to ${max}`, {
    type: 'integer',
    minimum: min,
    maximum: max,
  })

/** A text of a certain form. */
export const Text = (form: RegExp, maxLength: number, expected: string) =>
  leaf(z.string().max(maxLength).regex(form), expected, { type: 'string', maxLength, pattern: form.source })

const hostForm = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/** A host's name, or all names below one. */
export const Host = () =>
  Text(hostForm, 253, 'a host name in lower case, like shop.example.com or *.example.com')

/** The name of a ConfigMap or a Secret: its copies' names, made of it, must fit a label. */
export const ObjectName = () =>
  Text(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/, 63, 'the name of an object in the App’s namespace')

/** Yes or no. */
export const Flag = () => leaf(z.boolean(), 'true or false', { type: 'boolean' })

/** One of a few words. */
export const Word = <const W extends readonly [string, ...string[]]>(...words: W) =>
  leaf(z.enum(words), words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`, {
    type: 'string',
    enum: words,
  })

const cpu = /^(?:[1-9]\d{0,5}m|(?:[1-9]\d{0,2}|0(?=\.))(?:\.\d{1,3})?)$/

/** Processor time as Kubernetes writes it. */
export const Cpu = () =>
  leaf(
    z.union([z.number(), z.string()]).transform((written, context) => {
      const text = String(written)
      return cpu.test(text) && Number.parseFloat(text) > 0 ? text : refuse(context, written)
    }),
    'processors, like 250m, 0.5 or 2',
    {
      anyOf: [
        { type: 'number', exclusiveMinimum: 0 },
        { type: 'string', pattern: cpu.source },
      ],
    },
  )

/** An amount of memory as Kubernetes writes it. */
export const Memory = () =>
  Text(/^[1-9]\d{0,5}(?:Mi|Gi|M|G)$/, 8, 'an amount of memory with its unit, like 256Mi or 1Gi')

/** A list of so many. */
export const List = <S extends z.ZodType>(item: S, min: number, max: number, of: string) =>
  leaf(z.array(item).min(min).max(max), `a list of ${min === 0 ? 'at most' : `${min} to`} ${max} ${of}`, {})

/** A word in place of a list. */
export const WordOrList = <const W extends string, S extends z.ZodType>(word: W, list: z.ZodArray<S>) =>
  leaf(z.union([Word(word), list]), `${word}, or ${notations.get(list)?.expected}`, {})

/** A word in place of a share of the traffic; leaves as the word, or as thousandths. */
export const WordOrWeight = <const W extends string>(word: W) =>
  leaf(
    z
      .union([z.number(), z.string()])
      .transform((written, context): W | number =>
        written === word ? word : (parseWeight(written) ?? refuse(context, written)),
      ),
    `${word}, or a percentage from 0.1% to 100% in tenths, like 50`,
    {
      anyOf: [
        { type: 'number', minimum: 0.1, maximum: 100 },
        { type: 'string', pattern: `${weight.source}|^${word}$` },
      ],
    },
  )

/** Of a map that may be written as the value of one of its keys alone: what that value may be. */
export const shorthands = z.registry<Pick<Notation, 'schema'>>()

/** A map, or the value of this key alone: `5` for `{weight: 5}`. */
export function OrAlone<M extends z.ZodObject>(key: string & keyof M['shape'], map: M) {
  const schema = z.preprocess(
    (written) => (typeof written === 'number' || typeof written === 'string' ? { [key]: written } : written),
    map,
  )
  shorthands.add(schema, { schema: notations.get(map.shape[key])?.schema ?? {} })
  return schema
}

function leaf<S extends z.ZodType>(schema: S, expected: string, json: Notation['schema']): S {
  notations.add(schema, { expected, schema: json })
  return schema
}

function refuse(context: z.core.$RefinementCtx, input: unknown): never {
  context.issues.push({ code: 'custom', input, message: 'not in its notation' })
  return z.NEVER
}
