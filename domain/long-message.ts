// What is told of a message that is longer than the room for it: what says most about why it failed.
import { firstLine } from './figures.ts'
import { manifestName } from './manifest.ts'

/**
 * At most so many UTF-16 units, and no half letter. Of the problems of slipway.yaml the first stay, in whole lines; of a build's log
 * the end, which says why it failed.
 */
export function shortened(message: string, room: number): string {
  if (message.length <= room) return message
  const head = firstLine(message)
  const [, problems] = /^(\d+) problems$/.exec(head) ?? []
  if (problems !== undefined) return firstProblems(message, Number(problems), room)
  const left = room - head.length - gap.length
  if (head === message || left <= 0) return `${beginning(message, room - 1)}…`
  return `${head}${gap}${lastLines(message, left)}`
}

const gap = '\n…\n'

function firstProblems(message: string, all: number, room: number): string {
  const rest = (told: number) => `\n… and ${all - told} more`
  const shown = message.slice(0, room - rest(0).length)
  const lines = shown.slice(0, shown.lastIndexOf('\n'))
  const told = lines.split('\n').filter((line) => line.startsWith(`${manifestName}:`)).length
  return `${lines}${rest(told)}`
}

const beginning = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\ud800-\udbff]$/, '')

/** A line that is longer than that is broken. */
function lastLines(text: string, length: number): string {
  const end = text.slice(-length).replace(/^[\udc00-\udfff]/, '')
  return end.slice(end.indexOf('\n') + 1) || end
}
