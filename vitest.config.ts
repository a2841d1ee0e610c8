// Three projects: `unit` needs nothing but Node; `real` talks to Docker and HAProxy; `e2e` runs the built command as a user would.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // not one less than there are: on two cores that would be one
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/conformance/*.test.ts'],
          exclude: ['**/*.real.test.ts'],
          // modules hold no state but caches, so test files may share them: loading all anew for each takes a third of the time
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'real',
          // two at once: they wait more than they work, and each has an installation of its own
          include: ['src/**/*.real.test.ts', 'test/conformance/*.real.test.ts'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
