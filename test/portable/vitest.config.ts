import { defineConfig } from 'vitest/config';
import { CORE_TESTS } from '../../scripts/core-tests.mjs';

/** `npm run test:portable`: with an addon of the portable implementations, as macOS gets it (scripts/portable.mjs). */
export default defineConfig({
  test: {
    include: ['test/portable/**/*.test.ts', ...CORE_TESTS],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: 0,
  },
});
