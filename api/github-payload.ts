// What GitHub's events have in common: who, where, on whose behalf.
import { z } from 'zod'

// Larger ones were rounded when they were parsed: another repository's number.
export const Id = z.number().refine(Number.isSafeInteger, 'must be an integer that JSON keeps exactly')
export const Installation = z.object({ id: Id })
export const Repository = z.object({
  id: Id,
  full_name: z.string().min(1),
  clone_url: z.string().optional(),
  html_url: z.string().optional(),
})
export type Repository = z.infer<typeof Repository>
/** Somebody: people, and programs like `renovate[bot]`. */
export const Account = z.object({ login: z.string().regex(/^[\w.[\]-]{1,100}$/, 'must be a login') })

/** How Apps may call this repository. */
export const urlsOf = ({ clone_url, html_url }: Repository): readonly string[] =>
  [clone_url, html_url].filter((url) => url !== undefined)
