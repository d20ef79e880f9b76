// Exact expectations over what two sides may count, and how sure a counted share is.

interface Sizes {
  readonly n: number
  readonly m: number
}

/** Computes a state for each possible pair of bad counts, and then the mean of any of its numbers. */
export function expectation<State>(
  { n, m }: Sizes,
  rates: { readonly canary: number; readonly stable: number },
  state: (x: number, y: number) => State,
): (number: (state: State) => number) => number {
  const outcomes = Array.from({ length: n + 1 }, (_, x) =>
    Array.from({ length: m + 1 }, (_, y) => ({
      chance: chanceOf(x, n, rates.canary) * chanceOf(y, m, rates.stable),
      state: state(x, y),
    })),
  ).flat()
  return (number) => outcomes.reduce((sum, one) => sum + one.chance * number(one.state), 0)
}

/** Of the binomial distribution. */
function chanceOf(k: number, trials: number, rate: number): number {
  let chance = rate ** k * (1 - rate) ** (trials - k)
  for (let i = 0; i < k; i++) chance *= (trials - i) / (i + 1)
  return chance
}

/** 99.9 % of the normal distribution lie below. */
const z = 3.09

/** With 99.9 % confidence the chance of what happened `hits` times is no lower: Wilson's bound. */
export function shareAtLeast(hits: number, trials: number): number {
  const share = hits / trials
  const spread = Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2))
  return Math.max(0, (share + z ** 2 / (2 * trials) - z * spread) / (1 + z ** 2 / trials))
}
