// One at a time: each waits until the one before has let go, or has ended.
export type Turn = <Result>(work: (letGo: () => void) => Promise<Result>) => Promise<Result>

export function turns(): Turn {
  let before: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const mine = before
    let letGo = () => {}
    before = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await mine
    try {
      return await work(letGo)
    } finally {
      letGo()
    }
  }
}
