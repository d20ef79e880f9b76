// What windows and freezes must not say together.
import type { WindowsSpec } from '../gate-spec.ts'
import { formatClock } from '../notation.ts'
import { isTimeZone, windowsOf } from '../windows.ts'
import { type Contradiction, contradiction } from './contradiction.ts'

export function inWindows(windows: WindowsSpec | undefined): Contradiction[] {
  if (!windows) return []
  const at = 'release.windows'
  const { timeZone } = windows
  if (!isTimeZone(timeZone))
    return contradiction(
      true,
      [`${at}.timeZone`],
      `no time zone is called "${timeZone}"; write a name like UTC, Europe/Berlin or America/New_York`,
    )
  return [
    ...windows.allow.flatMap((time, i) => empty(time, `${at}.allow.${i}`)),
    ...windows.deny.flatMap((time, i) => empty(time, `${at}.deny.${i}`)),
    ...freezes(windows, `${at}.freezes`),
  ]
}

const empty = ({ from, to }: WindowsSpec['allow'][number], at: string): Contradiction[] =>
  contradiction(
    from === to,
    [`${at}.to`],
    `from and to are both ${formatClock(from)}: that is no time, or all of it; write from: "00:00" and to: "24:00" for a whole day`,
  )

function freezes(windows: WindowsSpec, at: string): Contradiction[] {
  const names = windows.freezes.map(({ name }) => name)
  return windowsOf(windows).freezes.flatMap(({ name, from, until }, i) => [
    ...contradiction(until <= from, [`${at}.${i}.until`], 'is not after from: it would freeze nothing'),
    ...contradiction(
      names.indexOf(name) < i,
      [`${at}.${i}.name`],
      `there is another freeze called ${name}; a freeze is told by its name`,
    ),
  ])
}
