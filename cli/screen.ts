// Where the command writes: results on one stream, everything else on the other.
import { stripVTControlCharacters, styleText } from 'node:util'

export interface Screen {
  /** Results. */
  readonly out: (text: string) => void
  /** Progress and errors. */
  readonly err: (text: string) => void
  /** Whether a person watches the results: then a block may be rewritten in place. */
  readonly tty: boolean
  readonly colour: boolean
  readonly columns: () => number
}

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold'
export type Paint = (colour: Colour, text: string) => string

/** Colours text, or leaves it as it is. */
export const painter = (colour: boolean): Paint =>
  colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text

/** Without what could drive a terminal: commits and builds are written by others. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, '')

/** Rewrites the same lines of a terminal at each call. Lines longer than the terminal is wide are cut. */
export function block(screen: Screen): (lines: readonly string[]) => void {
  let height = 0
  return (lines) => {
    const up = height > 0 ? `\u001b[${height}A` : ''
    const cut = lines.map((line) => `${cutTo(line, screen.columns())}\u001b[K`)
    screen.out(`${up}\u001b[0J${cut.join('\n')}\n`)
    height = lines.length
  }
}

/** Counts what is seen: colour codes take no room. */
function cutTo(line: string, columns: number): string {
  let seen = 0
  let cut = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one.
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      cut += part
      continue
    }
    cut += part.slice(0, Math.max(0, columns - seen))
    seen += part.length
  }
  return cut
}
