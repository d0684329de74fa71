/**
 * The unit tests of what the core does without live lines: captures, decoding, recovery in simulations, books, columns.
 * They are run under every Node with the packed binary, and with the portable build that macOS gets.
 */
export const CORE_TESTS = [
  ...['belief', 'faults', 'ipv6', 'sequences', 'tcp'].map((part) => `test/unit/capture-${part}.test.ts`),
  ...['encapsulated-frames', 'gaps-recovery', 'messages-of', 'robustness', 'simulator', 'own-venue'],
  ...['layout-native', 'layout-decoders', 'fast-native', 'json-decoders'],
  ...['books', 'books-reference', 'book-checkpoint', 'columns', 'events', 'cli-events'],
  'test/simulation/recovery.test.ts',
  'test/simulation/certify.test.ts',
  'test/golden/two-executions.test.ts',
].map((name) => (name.includes('/') ? name : `test/unit/${name}.test.ts`));
