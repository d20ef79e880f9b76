// The pages that a browser sees on its way to GitHub and back. Pure.
import { neededPermissions } from './github-manifest.ts'

/** One button: it takes the manifest to GitHub. */
export function startPage({ action, manifest }: { readonly action: string; readonly manifest: object }) {
  const rows = Object.entries(neededPermissions).map(
    ([permission, [level, why]]) =>
      `<tr><th>${escaped(permission.replace('_', ' '))}</th><td>${level}</td><td>${escaped(why)}</td></tr>`,
  )
  return page(`
<h1>Register Slipway with GitHub</h1>
<p>GitHub shows you the App's name once more, and makes it when you agree. It belongs to you, and sees nothing before you install it.</p>
<table>${rows.join('')}</table>
<form method="post" action="${escaped(action)}">
<input type="hidden" name="manifest" value="${escaped(JSON.stringify(manifest))}">
<button>Go to ${escaped(new URL(action).host)}</button>
</form>`)
}

export const endPage = (sentence: string): string => page(`<p>${escaped(sentence)}</p>`)

const page = (body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Slipway</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 42rem; margin: 4rem auto; padding: 0 1rem }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; font-weight: normal }
th { font-weight: 600 }
button { margin-top: 1.5rem; padding: .6rem 1.2rem; font: inherit; font-weight: 600; cursor: pointer }
</style></head><body>${body}</body></html>
`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? '')
