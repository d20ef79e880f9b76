// A seeded stream of random numbers: the same seed tells the same story on every machine.

/** A number in [0, 1) with 53 random bits. */
export type Random = () => number

/**
 * The generator sfc32 (Doty-Humphrey's small fast chaotic counter, 128 bits of state, passes PractRand).
 * Each list of words opens a stream of its own: a seed, a cell, a run.
 */
export function createRandom(...words: readonly number[]): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // Twelve rounds after each word: then every bit of the state depends on every bit of it.
  for (const word of words) {
    a ^= word | 0
    b ^= Math.floor(word / 2 ** 32) | 0
    for (let round = 0; round < 12; round++) next()
  }
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53
}
