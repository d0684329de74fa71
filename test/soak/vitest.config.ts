import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    pool: 'forks',
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-soak.json' }]]
      : [['default', { summary: false }]],
  },
});
