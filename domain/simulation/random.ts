// A seeded stream of random numbers: the same seed tells the same story on every machine.

/** A number in [0, 1) with 53 random bits. */
export type Random = () => number

/**
 * The generator sfc32 (Doty-Humphrey's small fast chaotic counter, 128 bits of state, passes PractRand).
 * Each list of words opens a stream of its own: a seed, a cell, a run.
 */
export function createRandom(...words: readonly number[]): Random {
  // Typed: a closure's own numbers of 32 bits would each be allocated anew.
  const state = Int32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 1)
  const next = (): number => {
    const b = state[1] ?? 0
    const c = state[2] ?? 0
    const counter = state[3] ?? 0
    const sum = ((state[0] ?? 0) + b + counter) | 0
    state[0] = b ^ (b >>> 9)
    state[1] = c + (c << 3)
    state[2] = ((c << 21) | (c >>> 11)) + sum
    state[3] = counter + 1
    return sum >>> 0
  }
  // Twelve rounds after each word: then every bit of the state depends on every bit of it.
  for (const word of words) {
    state[0] = (state[0] ?? 0) ^ word
    state[1] = (state[1] ?? 0) ^ Math.floor(word / 2 ** 32)
    for (let round = 0; round < 12; round++) next()
  }
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53
}
