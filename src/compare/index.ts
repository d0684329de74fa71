/** Two handlers of one venue held against each other, and the way from one to the other. */
export { Comparison, type ComparisonOptions, type Difference, differenceText, type Score } from './comparison.js';
export { Cutover, type CutoverLedger, type CutoverOptions, type CutoverStep } from './cutover.js';
export { comparedText, type SideMessage, type SideName } from './message.js';
export {
  dueStep,
  type Evidence,
  MIGRATION_STEPS,
  type MigrationState,
  type MigrationStep,
  prove,
} from './migration.js';
export { readSide, type SideSource } from './side.js';
