// Shows the markdown of check runs: what GitHub would make of it, as far as check runs need it, and nothing that could run.

/** HTML in which everything that is not markdown stands as text. */
export function renderMarkdown(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const parts: string[] = []
  for (let at = 0; at < lines.length; ) {
    const [html, taken] = block(lines.slice(at))
    parts.push(html)
    at += taken
  }
  return parts.filter((part) => part !== '').join('\n')
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** The HTML of what begins here, and how many lines it took. */
type Block = readonly [html: string, lines: number]

function block(lines: readonly string[]): Block {
  const [line = ''] = lines
  if (line.trim() === '') return ['', 1]
  if (line.startsWith('```')) return fence(lines)
  const [, hashes = '', heading = ''] = /^(#{1,6}) +(.*)$/.exec(line) ?? []
  if (hashes) return [`<h${hashes.length}>${inline(heading)}</h${hashes.length}>`, 1]
  if (/^ {0,3}(-{3,}|\*{3,})$/.test(line)) return ['<hr>', 1]
  if (isTable(lines)) return table(lines)
  if (/^> ?/.test(line)) return quote(lines)
  if (item(line)) return list(lines)
  return paragraph(lines)
}

function fence(lines: readonly string[]): Block {
  const [marks = '```'] = /^`{3,}/.exec(lines[0] ?? '') ?? []
  // It ends with at least as many marks, and nothing behind them.
  const closes = (line: string) => line.startsWith(marks) && /^`+\s*$/.test(line)
  const end = lines.findIndex((line, index) => index > 0 && closes(line))
  const last = end < 0 ? lines.length : end
  return [`<pre><code>${escapeHtml(lines.slice(1, last).join('\n'))}</code></pre>`, last + 1]
}

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

const isTable = ([line = '', next = '']: readonly string[]) =>
  line.includes('|') && next.includes('|') && cellsOf(next).every((cell) => /^:?-+:?$/.test(cell))

function table(lines: readonly string[]): Block {
  const [head = '', rule = ''] = lines
  const end = lines.findIndex((line, index) => index > 1 && !line.includes('|'))
  const taken = end < 0 ? lines.length : end
  const right = cellsOf(rule).map((cell) => /^-+:$/.test(cell))
  const row = (line: string, tag: string) =>
    `<tr>${cellsOf(line)
      .map((cell, index) => `<${tag}${right[index] ? ' class="number"' : ''}>${inline(cell)}</${tag}>`)
      .join('')}</tr>`
  const body = lines.slice(2, taken).map((line) => row(line, 'td'))
  return [`<table><thead>${row(head, 'th')}</thead><tbody>${body.join('')}</tbody></table>`, taken]
}

function quote(lines: readonly string[]): Block {
  const taken = countWhile(lines, (line) => line.startsWith('>'))
  const inner = lines.slice(0, taken).map((line) => line.replace(/^> ?/, ''))
  return [`<blockquote>${renderMarkdown(inner.join('\n'))}</blockquote>`, taken]
}

const item = (line: string) => /^ {0,3}(?:[-*+]|(\d+)[.)]) +(.*)$/.exec(line)

function list(lines: readonly string[]): Block {
  const taken = countWhile(lines, (line) => item(line) !== null)
  const tag = item(lines[0] ?? '')?.[1] === undefined ? 'ul' : 'ol'
  const items = lines.slice(0, taken).map((line) => `<li>${inline(item(line)?.[2] ?? '')}</li>`)
  return [`<${tag}>${items.join('')}</${tag}>`, taken]
}

function paragraph(lines: readonly string[]): Block {
  const taken =
    1 + countWhile(lines.slice(1), (line) => line.trim() !== '' && !/^(```|#{1,6} |> ?)/.test(line))
  return [`<p>${lines.slice(0, taken).map(inline).join('<br>')}</p>`, taken]
}

function countWhile(lines: readonly string[], holds: (line: string) => boolean): number {
  const end = lines.findIndex((line) => !holds(line))
  return end < 0 ? lines.length : end
}

const escaped = String.raw`\\([!-/:-@[-\x60{-~])`
const code = String.raw`(\x60+)(.+?)\2(?!\x60)`
const link = String.raw`!?\[((?:\\.|[^\]\\])*)\]\(([^()\s]+)\)`
const strong = String.raw`\*\*((?:\\.|[^\\])+?)\*\*`
const emphasis = String.raw`(?<![\w*])[*_](?!\s)((?:\\.|[^\\*_])+)(?<!\s)[*_](?![\w*])`
const entity = String.raw`(&(?:amp|lt|gt|quot|#\d{1,7}|#x[\da-fA-F]{1,6});)`
const token = new RegExp([escaped, code, link, strong, emphasis, entity].join('|'), 'g')

/** What stands within a line. */
function inline(text: string): string {
  let html = ''
  let last = 0
  for (const match of text.matchAll(token)) {
    html += escapeHtml(text.slice(last, match.index)) + tokenHtml(match)
    last = match.index + match[0].length
  }
  return html + escapeHtml(text.slice(last))
}

function tokenHtml([
  whole,
  literal,
  ,
  codeText,
  label,
  address,
  bold,
  slanted,
  reference,
]: RegExpMatchArray): string {
  if (literal !== undefined) return escapeHtml(literal)
  if (codeText !== undefined) return `<code>${escapeHtml(codeText.trim())}</code>`
  if (label !== undefined) return linkHtml(whole, label, address ?? '')
  if (bold !== undefined) return `<strong>${inline(bold)}</strong>`
  if (slanted !== undefined) return `<em>${inline(slanted)}</em>`
  return reference ?? escapeHtml(whole)
}

/** An image is shown as its source: nothing is fetched from elsewhere. */
function linkHtml(whole: string, label: string, address: string): string {
  if (whole.startsWith('!') || !/^https?:\/\//.test(address)) return escapeHtml(whole)
  return `<a href="${escapeHtml(address)}" rel="noreferrer">${inline(label)}</a>`
}
