// What the judge takes when nobody says otherwise.

/** Requests that must be seen before a step is judged. */
export const defaultRequests = 20

/** Bad looks in a row that make a verdict: one is chance, two may be a pause, three are a state. */
export const looksToHarm = 3

/** Milliseconds after which counters that do not move on are no data. */
export const silence = 15_000

/** Milliseconds that "of late" spans, at least; at most twice as many. */
export const recentSpan = 60_000

/** Requests below which a history says nothing. */
export const enoughHistory = 200
