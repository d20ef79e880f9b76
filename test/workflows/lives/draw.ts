// Draws from a seed's numbers.
import type { Random } from '../../../domain/simulation/random.ts'

/** A whole number below `below`. */
export const whole = (random: Random, below: number): number => Math.floor(random() * below)

export const one = <One>(random: Random, many: readonly One[]): One => many[whole(random, many.length)] as One
