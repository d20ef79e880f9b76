// The logarithm of the factorial, which exact samplers weigh their candidates by.

const tabled = 256
const table = Float64Array.from({ length: tabled }, () => 0)
for (let k = 2; k < tabled; k++) table[k] = (table[k - 1] ?? 0) + Math.log(k)

const halfLogTau = 0.5 * Math.log(2 * Math.PI)

/** ln k!, to the last digits of a double: a table, then Stirling's series (its error is below 1/(1680·k⁷)). */
export function logFactorial(k: number): number {
  if (k < tabled) return table[k] ?? Number.NaN
  const r = 1 / k
  const s = r * r
  return (k + 0.5) * Math.log(k) - k + halfLogTau + r * (1 / 12 - s * (1 / 360 - s / 1260))
}
