// Text of others in GitHub's markdown: shown as it was written, and nothing more. It pings nobody, loads nothing and links nothing.
import { withoutEscapes } from '../build/log.ts'

/** In one line, without what steers a terminal or turns the reading direction; for where there is no markdown. */
export const plain = (text: string, length: number): string => cut(oneLine(text), length)

/** The same where there is markdown. */
export const said = (text: string, length = 300): string =>
  cut(oneLine(text), length)
    .replace(/[\\`*_{}[\]<>()|~!$&]/g, '\\$&')
    // A backslash does not keep GitHub from pinging people and linking issues.
    .replace(/[@#](?=\S)/g, `$&${zeroWidthSpace}`)
    .replace(/(https?|www)(:\/\/|\.)/gi, `$1${zeroWidthSpace}$2`)

/** A few words that are no prose: a name, a digest. */
export const code = (text: string): string => `\`${oneLine(text).replace(/[`|]/g, ' ').trim()}\``

/** Lines as they are, whatever is in them. */
export function codeBlock(text: string, language = ''): string {
  const inside = withoutEscapes(text).replace(/[^\P{Cc}\n\t]/gu, '')
  const longest = Math.max(2, ...[...inside.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${inside}\n${fence}`
}

/** A head of labels, `:--` or `--:` for each, and rows. */
export const table = (
  labels: readonly string[],
  rows: readonly (readonly string[])[],
  align = ':--',
): string =>
  [labels, labels.map((_, column) => (column === 0 ? ':--' : align)), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

const zeroWidthSpace = '\u200b'

const oneLine = (text: string): string =>
  withoutEscapes(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()

const cut = (text: string, length: number): string => {
  const letters = [...text]
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : text
}
