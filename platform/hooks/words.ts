// What a hook said, as people may see it: one short line that drives no terminal and tells no secret.
import { stripVTControlCharacters } from 'node:util'

const most = 200

/** How it begins. */
export function beginning(text: string): string {
  const letters = [...oneLine(text)]
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : letters.join('')
}

/** How it ends, with `***` for each secret. */
export function end(text: string, secrets: readonly string[]): string {
  const letters = [...oneLine(without(secrets, text))]
  return letters.length > most ? `…${letters.slice(1 - most).join('')}` : letters.join('')
}

/** Neither control characters nor those that turn the direction of what follows. */
const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .trim()

/** Shorter ones are no secret, and would be found in every word. */
const shortest = 4

/** A secret may come out as it is or as it travels; one of several lines, line by line. */
function without(secrets: readonly string[], text: string): string {
  return secrets
    .flatMap((secret) => [secret, ...secret.split('\n')])
    .map((secret) => secret.trim())
    .filter(({ length }) => length >= shortest)
    .flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(secret),
    ])
    .sort((a, b) => b.length - a.length)
    .reduce((said, form) => said.replaceAll(form, '***'), text)
}
