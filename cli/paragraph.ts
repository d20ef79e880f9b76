// Text that is broken at its words, under a label.

/** A number stays with its unit. */
const gap = /\s+(?!(?:%|pp|s|\/)(?:\W|$))/

/** The label stands before the first line; the others begin below its text. A word that is too long stands alone. */
export function paragraph(label: string, text: string, columns: number): string[] {
  const room = Math.max(20, columns - label.length)
  const lines: string[] = []
  for (const word of text.trim().split(gap).filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  const indent = ' '.repeat(label.length)
  return lines.map((line, index) => `${index === 0 ? label : indent}${line}`)
}

/** A line for each label that has something to say; all labels are of one width. */
export const labelled = (
  said: readonly (readonly [label: string, text: string])[],
  columns: number,
  width = 7,
): string[] =>
  said
    .filter(([, text]) => text !== '')
    .flatMap(([label, text]) => paragraph(`  ${label.padEnd(width)} `, text, columns))
