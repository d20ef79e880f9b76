// The frame of every page: its head, its style, and who is looking.
import { html, raw } from 'hono/html'
import { script, scriptSum } from './live.ts'

export type Html = ReturnType<typeof html>

export interface Frame {
  readonly title: string
  /** Whether it shows by itself what changes. */
  readonly live?: boolean
  /** Who is looking. */
  readonly login: string
  readonly logins: readonly string[]
  /** Where the forms of this page may lead beside this server. */
  readonly formsTo?: string | undefined
}

export async function pageOf(frame: Frame, content: Html): Promise<Response> {
  const { title, live = false, login, logins, formsTo } = frame
  const text = await html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="stylesheet" href="/style.css">
    ${live ? html`<script type="module">${raw(script)}</script>` : ''}
  </head>
  <body>
    <header>
      <a class="home" href="/">A GitHub on this machine</a>
      <form method="post" action="/session" class="people">
        <span>You are</span>
        ${logins.map((one) => html`<button name="login" value="${one}" ${one === login ? raw('aria-pressed="true"') : ''}>${one}</button>`)}
      </form>
    </header>
    <main>${content}</main>
  </body>
</html>`
  return new Response(String(text), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy({ live, formsTo }),
      'x-content-type-options': 'nosniff',
      // Without it a browser says of the buttons' forms that they come from nowhere.
      'referrer-policy': 'same-origin',
    },
  })
}

const policy = ({ live, formsTo = '' }: Pick<Frame, 'live' | 'formsTo'>) =>
  [
    "default-src 'none'",
    "style-src 'self'",
    ...(live ? [`script-src '${scriptSum}'`, "connect-src 'self'"] : []),
    `form-action 'self' ${formsTo}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

export const stylesheet = `
:root { color-scheme: light dark;
  --text: light-dark(#1c2128, #e0e6ec); --quiet: light-dark(#5a6470, #98a4b0); --line: light-dark(#d5dbe1, #353d46);
  --ground: light-dark(#ffffff, #14181d); --raised: light-dark(#f5f7f9, #1c2229); --link: light-dark(#0b5cbf, #6cb0ff);
  --good: light-dark(#1a7f37, #46b95c); --bad: light-dark(#c4262e, #ff6b6b); --busy: light-dark(#9a6400, #e0a83a); }
* { box-sizing: border-box }
body { margin: 0; color: var(--text); background: var(--ground); font: 15px/1.5 system-ui, sans-serif }
header { display: flex; gap: 1rem; align-items: center; justify-content: space-between; flex-wrap: wrap;
  padding: .7rem 1.5rem; background: var(--raised); border-bottom: 1px solid var(--line) }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem }
a { color: var(--link); text-decoration: none } a:hover { text-decoration: underline }
.home { font-weight: 600; color: var(--text) }
h1 { font-size: 1.35rem; margin: 0 0 1rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem } h3 { font-size: 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: .87em }
code { background: var(--raised); padding: .1em .3em; border-radius: 4px }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .8rem; overflow-x: auto }
pre code { padding: 0; background: none; font-size: inherit } :not(pre) > code { overflow-wrap: anywhere }
.quiet { color: var(--quiet); font-size: .9em }
.list, .card { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin: 0 0 1rem; padding: 0; list-style: none }
.list > li { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; padding: .7rem 1rem; border-top: 1px solid var(--line) }
.list > li:first-child { border-top: 0 } .list .grow { flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere }
.card > header { padding: .7rem 1rem } .card > div { padding: .3rem 1rem 1rem; overflow-x: auto }
.card > header h2 { margin: 0 } .card > header .grow { flex: 1 1 16rem } .card > div > :last-child { margin-bottom: 0 }
.state::before { display: inline-block; width: 1.2em; font-weight: 700 }
.success { color: var(--good) } .success::before { content: '✓' }
.failure { color: var(--bad) } .failure::before { content: '✕' }
.busy { color: var(--busy) } .busy::before { content: '●' }
.asks { color: var(--busy) } .asks::before { content: '!' }
.neutral { color: var(--quiet) } .neutral::before { content: '◼' }
table { border-collapse: collapse; margin: .6rem 0 } th, td { border: 1px solid var(--line); padding: .3rem .7rem; text-align: left }
th { background: var(--raised) } thead:not(:has(th:not(:empty))) { display: none } .number { text-align: right; font-variant-numeric: tabular-nums }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 3px solid var(--line); color: var(--quiet) }
.annotation { border-left: 3px solid var(--busy); padding: .2rem .8rem; margin: .6rem 0 }
.annotation.grave { border-color: var(--bad) }
.annotation pre { margin: .3rem 0 0; white-space: pre-wrap }
form { display: inline-flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0 }
form.wide { display: block } main > form { margin-bottom: 1rem }
button { font: inherit; padding: .25rem .8rem; border: 1px solid var(--line); border-radius: 6px; cursor: pointer;
  background: var(--ground); color: var(--text) }
button:hover { border-color: var(--quiet) } button.main, [aria-pressed=true] { border-color: var(--good); color: var(--good); font-weight: 600 }
.people { font-size: .9em }
@media (max-width: 40rem) { header { padding: .7rem 1rem } main { padding: 1rem } th, td { padding: .25rem .45rem } }
`
