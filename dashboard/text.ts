// Text of others, as it is shown: what would steer the reading direction, or not be seen at all, is written out.

/** In one line, and no longer than somebody reads. */
export function line(text: string, longest = 300): string {
  const letters = [...text.replace(/\s+/gu, ' ').trim()]
  return visible(letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join(''))
}

/** In all its lines. The end of a log says why it failed. */
export function lines(text: string, longest = 20_000): string {
  const kept = text.length > longest ? `…${text.slice(1 - longest)}` : text
  return kept.split('\n').map(visible).join('\n')
}

const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (letter) =>
    letter === '\t' ? letter : `\\u{${letter.codePointAt(0)?.toString(16)}}`,
  )
