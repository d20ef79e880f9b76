// What a stranger, a broken sender or a careless person may post to the webhook, and what each is told.

export const secret = 'a-webhook-secret-of-forty-bytes-for-tests'
export const repository = 'https://github.com/acme/shop.git'
export const installation = 4711
export const sha = '3f2c1d0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e'
export const none = '0'.repeat(40)

/** A status, and what the reply's `code` or `status` says. */
export type Answer = readonly [status: number, says: string]

export interface Case {
  readonly name: string
  readonly body: string | Uint8Array
  /** Beside or instead of GitHub's own; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly method?: string
  /** Signed with the right secret. */
  readonly signed: Answer
  /** Without a signature; where the refusal comes before the signature is looked at it is the same. */
  readonly unsigned?: Answer
}

const missing: Answer = [401, 'signature-missing']
const invalid: Answer = [401, 'signature-invalid']

export const goodPush = {
  ref: 'refs/heads/main',
  before: '1'.repeat(40),
  after: sha,
  created: false,
  deleted: false,
  forced: false,
  repository: {
    id: 7,
    full_name: 'acme/shop',
    clone_url: repository,
    html_url: 'https://github.com/acme/shop',
  },
  installation: { id: installation },
  commits: [{ id: sha, message: 'change' }],
}

const push = (change: object): string => JSON.stringify({ ...goodPush, ...change })
const without = (...keys: (keyof typeof goodPush)[]): string =>
  JSON.stringify(Object.fromEntries(Object.entries(goodPush).filter(([key]) => !keys.includes(key as 'ref'))))
const good = JSON.stringify(goodPush)
const event = (name: string) => ({ 'x-github-event': name })
const odd = (name: string, ref: string): Case => ({
  name,
  body: push({ ref: `refs/heads/${ref}` }),
  signed: [202, 'ignored:branch'],
})

const bodies: Case[] = [
  { name: 'a good push', body: good, signed: [202, 'accepted'] },
  {
    name: '16 form encoded',
    body: `payload=${encodeURIComponent(good)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    signed: [415, 'content-type'],
    unsigned: [415, 'content-type'],
  },
  {
    name: 'no content type',
    body: good,
    headers: { 'content-type': undefined },
    signed: [415, 'content-type'],
    unsigned: [415, 'content-type'],
  },
  {
    name: 'a content type with a charset',
    body: good,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    signed: [202, 'accepted'],
  },
  {
    name: '13 content encoding',
    body: new Uint8Array([31, 139, 8, 0]),
    headers: { 'content-encoding': 'gzip' },
    signed: [415, 'content-encoding'],
    unsigned: [415, 'content-encoding'],
  },
  { name: '17 an empty body', body: '', signed: [400, 'body-not-json-object'] },
  { name: '18 null', body: 'null', signed: [400, 'body-not-json-object'] },
  { name: '19 an array', body: '[]', signed: [400, 'body-not-json-object'] },
  { name: '20 a string', body: '"x"', signed: [400, 'body-not-json-object'] },
  { name: '21 a number', body: '42', signed: [400, 'body-not-json-object'] },
  { name: '22 truncated', body: good.slice(0, -9), signed: [400, 'body-not-json-object'] },
  { name: 'truncated inside a string', body: '{"ref":"refs/hea', signed: [400, 'body-not-json-object'] },
  { name: 'truncated behind a backslash', body: '{"ref\\', signed: [400, 'body-not-json-object'] },
  { name: 'closed more often than opened', body: '{}]]]}', signed: [400, 'body-not-json-object'] },
  { name: 'two objects', body: '{}{}', signed: [400, 'body-not-json-object'] },
  {
    name: '23 invalid UTF-8',
    body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    signed: [400, 'body-not-json-object'],
  },
  { name: 'a byte order mark', body: `\uFEFF${good}`, signed: [400, 'body-not-json-object'] },
  { name: '24 a NUL byte', body: `${good}\0`, signed: [400, 'body-not-json-object'] },
  { name: 'a NUL byte in a string', body: '{"ref":"a\0b"}', signed: [400, 'body-not-json-object'] },
  {
    name: '25 an array 200,000 deep',
    body: '['.repeat(200_000) + ']'.repeat(200_000),
    signed: [400, 'too-deep'],
  },
  {
    name: '65 levels',
    body: push({ deep: JSON.parse('['.repeat(64) + ']'.repeat(64)) }),
    signed: [400, 'too-deep'],
  },
  {
    name: '64 levels',
    body: push({ deep: JSON.parse('['.repeat(63) + ']'.repeat(63)) }),
    signed: [202, 'accepted'],
  },
  {
    name: 'brackets in strings do not nest',
    body: push({ note: '[{'.repeat(500) }),
    signed: [202, 'accepted'],
  },
  { name: '26 __proto__', body: `{"__proto__":{"admin":1},${good.slice(1)}`, signed: [422, 'forbidden-key'] },
  {
    name: '27 constructor.prototype',
    body: `{"constructor":{"prototype":{"admin":1}},${good.slice(1)}`,
    signed: [422, 'forbidden-key'],
  },
  {
    name: '__proto__ escaped',
    body: `{"__pro\\u0074o__":{"admin":1},${good.slice(1)}`,
    signed: [422, 'forbidden-key'],
  },
  {
    name: '28 ref twice',
    body: `{"ref":"refs/heads/other",${good.slice(1)}`,
    signed: [400, 'duplicate-key'],
  },
  {
    name: 'ref twice, once escaped',
    body: `{"r\\u0065f":"refs/heads/other",${good.slice(1)}`,
    signed: [400, 'duplicate-key'],
  },
  {
    name: 'a key twice below',
    body: push({}).replace('"id":7', '"id":7,"id":8'),
    signed: [400, 'duplicate-key'],
  },
  { name: 'a string value equal to a key', body: push({ note: 'ref' }), signed: [202, 'accepted'] },
  { name: '29 no repository', body: without('repository'), signed: [422, 'invalid-payload'] },
  { name: '30 repository null', body: push({ repository: null }), signed: [422, 'invalid-payload'] },
  { name: '31 no installation', body: without('installation'), signed: [422, 'invalid-payload'] },
  { name: '32 commits null', body: push({ commits: null }), signed: [422, 'invalid-payload'] },
  { name: '33 ref null', body: push({ ref: null }), signed: [422, 'invalid-payload'] },
  { name: '34 ref a number', body: push({ ref: 123 }), signed: [422, 'invalid-payload'] },
  { name: '35 after short', body: push({ after: '3f2c1d0' }), signed: [422, 'invalid-payload'] },
  {
    name: '35 after in capitals',
    body: push({ after: sha.toUpperCase() }),
    signed: [422, 'invalid-payload'],
  },
  { name: '35 after HEAD', body: push({ after: 'HEAD' }), signed: [422, 'invalid-payload'] },
  {
    name: '46 a repository id that JSON rounds',
    body: good.replace('"id":7', '"id":9007199254740993'),
    signed: [422, 'unsafe-integer'],
  },
  {
    name: 'a repository id with a fraction',
    body: good.replace('"id":7', '"id":7.5'),
    signed: [422, 'invalid-payload'],
  },
]

const meanings: Case[] = [
  {
    name: '36 a deleted branch',
    body: push({ after: none, deleted: true, head_commit: null }),
    signed: [202, 'ignored:branch-deleted'],
  },
  { name: '37 a created branch', body: push({ before: none, created: true }), signed: [202, 'accepted'] },
  {
    name: '38 a tag called as the branch',
    body: push({ ref: 'refs/tags/main' }),
    signed: [202, 'ignored:tag'],
  },
  {
    name: 'a deleted tag',
    body: push({ ref: 'refs/tags/v1', after: none, deleted: true }),
    signed: [202, 'ignored:tag'],
  },
  { name: 'a ref that is neither', body: push({ ref: 'refs/notes/commits' }), signed: [202, 'ignored:ref'] },
  {
    name: 'a branch that no App releases',
    body: push({ ref: 'refs/heads/other' }),
    signed: [202, 'ignored:branch'],
  },
  {
    name: '39 an event that is not a push',
    body: good,
    headers: event('star'),
    signed: [202, 'ignored:event'],
  },
  { name: 'no event', body: good, headers: { 'x-github-event': undefined }, signed: [202, 'ignored:event'] },
  {
    name: 'a ping',
    body: '{"zen":"Keep it logically awesome.","hook_id":1}',
    headers: event('ping'),
    signed: [202, 'pong'],
  },
  {
    name: '40 a ping sent as a push',
    body: '{"zen":"Keep it logically awesome.","hook_id":1}',
    signed: [422, 'invalid-payload'],
  },
  { name: '40 a push sent as a ping', body: good, headers: event('ping'), signed: [422, 'invalid-payload'] },
  {
    name: '41 an unknown repository',
    body: push({
      repository: { id: 8, full_name: 'acme/other', clone_url: 'https://github.com/acme/other.git' },
    }),
    signed: [202, 'ignored:repo-not-registered'],
  },
  {
    name: '41 a repository that was renamed',
    body: push({
      repository: {
        ...goodPush.repository,
        full_name: 'acme/store',
        clone_url: 'https://github.com/acme/store.git',
        html_url: 'https://github.com/acme/store',
      },
    }),
    signed: [202, 'ignored:repo-not-registered'],
  },
  {
    name: 'the repository in capitals',
    body: push({
      repository: { id: 7, full_name: 'Acme/Shop', clone_url: 'https://github.com/Acme/Shop.git' },
    }),
    signed: [202, 'accepted'],
  },
  {
    name: '42 the installation of another',
    body: push({ installation: { id: 666 } }),
    signed: [403, 'installation-not-allowed'],
  },
  {
    name: '44 no delivery id',
    body: good,
    headers: { 'x-github-delivery': undefined },
    signed: [400, 'delivery-id'],
  },
  {
    name: '45 a delivery id of 10 KB',
    body: good,
    headers: { 'x-github-delivery': 'd'.repeat(10_240) },
    signed: [400, 'delivery-id'],
  },
  odd('47 a branch that is a shell script', 'a;$(id)`id`|&<x>'),
  odd('48 a branch that is an option', `--upload-pack=touch\${IFS}x`),
  odd('49 a branch that is an ssh option', '-oProxyCommand=x'),
  odd('50 a branch with quotes', 'x\'"y'),
  odd('51 a branch that climbs', 'feature/%2e%2e%2fetc'),
  odd('52 a branch that is a template', '{{constructor}}'),
  odd('53 a branch that is a page', '<img/src=x/onerror=alert(1)>'),
  odd('54 a branch that runs backwards', '\u202Egnp.js'),
  odd('55 a branch that looks like main', 'm\u0430in'),
  odd('56 a branch of one emoji', '\u{1F680}'),
  odd('58 a branch of 240 characters', 'b'.repeat(240)),
]

const methods: Case[] = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
  name: `15 ${method}`,
  method,
  body: '',
  signed: [405, 'method-not-allowed'],
  unsigned: [405, 'method-not-allowed'],
}))

/** Bodies that must be judged by what they are once they prove who sent them, and by nothing before. */
export const cases: readonly Case[] = [...bodies, ...meanings, ...methods].map((one) => ({
  unsigned: missing,
  ...one,
}))

/** Signatures that are none; `right` is the one that would be. */
export const signatures: readonly [name: string, make: (right: string) => string, answer: Answer][] = [
  ['2 empty', () => 'sha256=', invalid],
  ['nothing at all', () => '', invalid],
  ['3 an odd number of digits', (right) => right.slice(0, -1), invalid],
  ['3 two digits less', (right) => right.slice(0, -2), invalid],
  ['3 one digit more', (right) => `${right}0`, invalid],
  ['4 no hexadecimal digits', () => `sha256=${'z'.repeat(64)}`, invalid],
  ['5 SHA-1', () => `sha1=${'a'.repeat(40)}`, invalid],
  ['6 twice', (right) => `${right}, ${right}`, invalid],
  ['7 letters beyond ASCII', () => `sha256=${'\u00e9'.repeat(64)}`, invalid],
  ['in capitals', (right) => `sha256=${right.slice(7).toUpperCase()}`, invalid],
  ['without its name', (right) => right.slice(7), invalid],
]
