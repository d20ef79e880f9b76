// Unit tests need nothing outside Node; the other projects start or use the real parts.
import { defineConfig } from 'vitest/config'

// Properties are computed, not waited for: a busy machine takes longer and finds the same. No file leaves anything behind in its
// process: to start one for each, and to load all of the source again, took half of the time.
const computed = { testTimeout: 60_000, hookTimeout: 60_000, isolate: false, maxWorkers: 2 }
// Needs nothing outside Node (and git) either, but is seldom changed: the simulations, and the GitHub to test against.
const long = [
  'test/domain/simulation/**/*.test.ts',
  'test/cli/simulate.test.ts',
  'test/bench/judge.test.ts',
  'test/local/github/**/*.test.ts',
]

// Each file has its own server or namespace and mostly waits: side by side they take half the time.
const real = { testTimeout: 180_000, hookTimeout: 180_000, maxWorkers: 2 }
// These change what all of the machine stands on.
const alone = { ...real, testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false }

// Apps of their own that leave everything else as it is; most of their time they wait for the sweep's minute.
const stories = ['config', 'gates', 'repair', 'strategies'].map((name) => `test/e2e/${name}.test.ts`)

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          ...computed,
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/workflows/**',
            'test/machine/**',
            'test/browser/**',
            'test/contract/real/**',
            'test/e2e/**',
            ...long,
          ],
        },
      },
      { test: { name: 'long', include: long, ...computed } },
      { test: { name: 'workflows', include: ['test/workflows/**/*.test.ts'], ...real, testTimeout: 90_000 } },
      // The same stories, each task told from the beginning of its history: what a worker does that has lost its memory.
      {
        test: {
          name: 'replays',
          include: ['ramp', 'thresholds'].map((name) => `test/workflows/${name}.test.ts`),
          env: { SLIPWAY_REPLAYS: 'true' },
          ...real,
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...real } },
      { test: { name: 'contract', include: ['test/contract/real/**/*.test.ts'], ...real } },
      { test: { name: 'machine', include: ['test/machine/**/*.test.ts'], ...alone } },
      // Two cores carry three of these Apps under load, with their builds, before time runs out for what they wait for.
      { test: { name: 'stories', include: stories, ...alone, testTimeout: 600_000, maxConcurrency: 3 } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: stories, ...alone } },
    ],
  },
})
