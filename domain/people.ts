// Who somebody is: principals as the outside knows them, and the people that a cluster's policy says they are.

/** `user:ana@example.com` (Kubernetes), `github:ana`, `email:ana@example.com` (git). */
export type Principal = string

/** The cluster's policy: a person's name and what they are called elsewhere. */
export type People = Readonly<Record<string, readonly Principal[]>>

/** Everything that the same person is called, `principal` included; only itself when the policy does not know it. */
export function aliases(people: People, principal: Principal): readonly Principal[] {
  const [, known = [principal]] = Object.entries(people).find(([, all]) => all.includes(principal)) ?? []
  return known
}

/** The person's name in the policy; undefined when it does not know the principal. */
export const personOf = (people: People, principal: Principal): string | undefined =>
  Object.entries(people).find(([, all]) => all.includes(principal))?.[0]
