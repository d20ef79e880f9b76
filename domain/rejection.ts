// What an App remembers of what ended badly, so that it is not tried again until somebody asks: a commit, by its name, or a commit with
// a configuration that changed under it.

/** A configuration that ended badly with this commit, or was left by a return to it. The commit itself is no worse for it. */
export const rejectedConfig = (sha: string, digest: string): string => `${sha} ${digest}`
