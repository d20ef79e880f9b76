// One line a stage with its time: live on a terminal, plain when piped.
import { readFileSync } from 'node:fs'

export type Progress = {
  /** Runs a piece of work and shows it; `note` adds what it is doing right now. */
  stage<Result>(
    title: string,
    work: (note: (text: string) => void) => Promise<Result>,
    log?: string,
  ): Promise<Result>
  /** A line of its own, between the stages. */
  say(text: string): void
  end(): void
}

type Screen = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }
type Running = { readonly title: string; readonly since: number; told: number; note: string }

/** A stage that failed: it has been shown with its log, so nobody has to show it again. */
export class StageFailure extends Error {}

export function createProgress(screen: Screen = process.stdout, now: () => number = Date.now): Progress {
  const live = screen.isTTY === true
  const running = new Set<Running>()
  let drawn = 0
  let broken = false

  const timer = setInterval(() => (live ? redraw() : remind()), live ? 200 : 1000)
  timer.unref()

  function redraw(): void {
    clear()
    const width = (screen.columns ?? 100) - 1
    for (const stage of running) screen.write(`${line('…', stage, now()).slice(0, width)}\n`)
    drawn = running.size
  }

  function clear(): void {
    if (drawn > 0) screen.write(`\u001b[${drawn}A\u001b[J`)
    drawn = 0
  }

  function remind(): void {
    for (const stage of running) {
      if (now() - stage.told < 30_000) continue
      stage.told = now()
      screen.write(`${line('…', stage, now())}\n`)
    }
  }

  function print(text: string): void {
    if (live) clear()
    screen.write(`${text}\n`)
    if (live) redraw()
  }

  return {
    async stage(title, work, log) {
      const stage: Running = { title, since: now(), told: now(), note: '' }
      running.add(stage)
      try {
        const result = await work((text) => {
          stage.note = text
        })
        running.delete(stage)
        print(line('✓', stage, now()))
        return result
      } catch (error) {
        running.delete(stage)
        // The first failure is the one that counts: what else ends with it has nothing to add.
        if (error instanceof StageFailure || broken) throw error
        broken = true
        print(failureText(line('✗', stage, now()), error, log))
        throw new StageFailure(`${title}: ${(error as Error).message}`, { cause: error })
      }
    },
    say: print,
    end() {
      clearInterval(timer)
      if (live) clear()
    },
  }
}

/** The last lines of a log, for a person who has to find out what went wrong. */
export function tail(file: string, lines = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

function line(mark: string, stage: Running, at: number): string {
  const seconds = ((at - stage.since) / 1000).toFixed(1).padStart(6)
  return `${mark} ${seconds} s  ${stage.title}${stage.note === '' ? '' : `: ${stage.note}`}`
}

function failureText(head: string, error: unknown, log: string | undefined): string {
  const said = log === undefined ? '' : tail(log)
  return [
    head,
    `  ${(error as Error).message.split('\n').join('\n  ')}`,
    ...(said === '' ? [] : [`  the last lines of ${log}:`, ...said.split('\n').map((text) => `  | ${text}`)]),
    '  When that is put right, run the same command again: what is done is kept.',
  ].join('\n')
}
