// Whether the road was travelled as it must be: what went otherwise, in words.
import type { Road, Trip } from './road.ts'

/** Nothing when all is well. */
export function complaints({ first, good, bad, after, weights }: Road): string[] {
  return [
    ...ending(first, 'promoted'),
    ...ending(good, 'promoted'),
    ...ending(bad, 'rolled-back'),
    ...[first, good].flatMap(unharmed),
    ...watched(good),
    ...blamed(bad),
    ...whole(weights),
    ...told(
      after.failed > 0,
      `${after.failed} requests failed after version ${bad.version.number} was taken back`,
    ),
  ]
}

/** Requests that the version itself answered with a failure. */
export const harmed = ({ version, traffic }: Trip): number =>
  traffic.versions[String(version.number)]?.failed ?? 0

const ending = ({ version, status }: Trip, outcome: string): string[] =>
  told(
    status.outcome !== outcome,
    `version ${version.number} is ${status.outcome ?? status.phase}, not ${outcome}: ${status.message}`,
  )

const unharmed = ({ version, traffic }: Trip): string[] =>
  told(
    traffic.failed > 0,
    `${traffic.failed} requests failed while version ${version.number} was released: ${JSON.stringify(traffic.failures)}`,
  )

const watched = ({ version, traffic }: Trip): string[] =>
  told(traffic.requests === 0, `no request was sent while version ${version.number} was released`)

/** In the data plane the shares are all of the traffic, always. */
const whole = (weights: Road['weights']): string[] =>
  weights
    .filter((one) => total(one) !== 1000)
    .map((one) => `the gateway gave ${total(one)} thousandths of the traffic: ${JSON.stringify(one)}`)

const total = (weights: Readonly<Record<string, number>>): number =>
  Object.values(weights).reduce((sum, weight) => sum + weight, 0)

/** What the worst version may cost: several times what it costs as a rule. */
const mostHarmed = 50

/** A bad version must be seen to harm, and nothing but it may. */
function blamed(bad: Trip): string[] {
  const { version, traffic } = bad
  const strays = traffic.failed - harmed(bad)
  return [
    ...told(
      harmed(bad) > mostHarmed,
      `version ${version.number} harmed ${harmed(bad)} requests before it was taken back, more than ${mostHarmed}`,
    ),
    ...told(harmed(bad) === 0, `version ${version.number} was meant to fail and no request did`),
    ...told(
      strays > 0,
      `${strays} requests failed that version ${version.number} did not answer: ${JSON.stringify(traffic.failures)}`,
    ),
  ]
}

const told = (wrong: boolean, complaint: string): string[] => (wrong ? [complaint] : [])
