// The standard normal distribution: how much of it lies beyond a point.

const density = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)

/** P(Z > z), to twelve digits: the power series near the middle, Laplace's continued fraction in the tail. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z)
  return z < 3 ? 0.5 - density(z) * series(z) : density(z) / fraction(z)
}

/** z + z³/3 + z⁵/(3·5) + … */
function series(z: number): number {
  let [term, sum] = [z, z]
  for (let k = 1; Math.abs(term) > 1e-17 * sum; k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return sum
}

/** z + 1/(z + 2/(z + 3/(z + …))) */
function fraction(z: number): number {
  let value = z
  for (let k = 200; k > 0; k--) value = z + k / value
  return value
}
