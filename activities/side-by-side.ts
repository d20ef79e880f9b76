// Does the same for many, some at a time; who fails is counted and holds up nobody.

/** The answers, in order; undefined where there was none. `failed` hears why. */
export async function sideBySide<One, Answer>(
  many: readonly One[],
  atOnce: number,
  work: (one: One) => Promise<Answer>,
  failed: (one: One, error: unknown) => void,
): Promise<readonly (Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = many.map(() => undefined)
  const queue = many.entries()
  const worker = async () => {
    for (const [index, one] of queue) {
      answers[index] = await work(one).catch((error: unknown) => {
        failed(one, error)
        return undefined
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, many.length) }, worker))
  return answers
}
