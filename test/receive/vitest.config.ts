import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/receive/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-receive.json' }]]
      : [['default', { summary: false }]],
  },
});
