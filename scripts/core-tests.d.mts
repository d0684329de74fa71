/** Files of the unit tests of what the core does without live lines. */
export const CORE_TESTS: readonly string[];
