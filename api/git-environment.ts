// The environment our git processes run in: nothing of the host's, and the settings that a shared remote needs.

/** Larger packs are refused while they arrive. */
export const largestPack = 512 * 1024 * 1024

const settings: Readonly<Record<string, string>> = {
  // The git root is ours, whoever owns the volume it lies on.
  'safe.directory': '*',
  'http.receivepack': 'true',
  'http.getanyfile': 'false',
  'transfer.fsckObjects': 'true',
  'receive.maxInputSize': String(largestPack),
  // A build fetches exactly one commit, also when the branch has moved on.
  'uploadpack.allowAnySHA1InWant': 'true',
  'uploadpack.allowFilter': 'true',
  // In the background it would outlive the push that caused it.
  'gc.autoDetach': 'false',
  'core.fsync': 'committed',
}

/** Configuration by environment: repositories carry none of it, so an upgrade changes all of them at once. */
export function gitEnvironment(home: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const entries = Object.entries({ ...settings, ...more })
  const config = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(config),
  }
}
