import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'test/simulation/loopback.test.ts',
      'test/interop/nassau-mold.test.ts',
      'test/interop/nassau-soup.test.ts',
      'test/interop/others.test.ts',
      'test/interop/capture-tools.test.ts',
    ],
    testNamePattern: /MoldUDP64|loopback|a live feed and its captures/,
    globalSetup: ['test/interop/global-setup.ts'],
    pool: 'forks',
    // An interface has one owner of its XDP program, and all of them use `lo`.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: `build/vitest-live-${process.env.VENUEWIRE_RECEIVE}.json` }]]
      : [['default', { summary: false }]],
  },
});
