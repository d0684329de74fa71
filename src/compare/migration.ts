/**
 * The way of a venue from one handler to another: steps in one order, each with the fact that proves it, and no choice but to roll
 * back. A fact that says no rolls back.
 */
import { VenuewireError } from '../errors.js';

export const MIGRATION_STEPS = ['planned', 'captureAgrees', 'certified', 'shadowed', 'promoted', 'oldRemoved'] as const;
export type MigrationStep = (typeof MIGRATION_STEPS)[number];

/** What proves a step. */
export interface Evidence {
  readonly ok: boolean;
  /** One line to read. */
  readonly summary: string;
  /** When it was found, ISO 8601. */
  readonly at: string;
  /** Figures and names that tools read: scores, digests, counts. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface MigrationState {
  readonly name: string;
  /** Steps that are proved, in order. */
  readonly proved: readonly { readonly step: MigrationStep; readonly evidence: Evidence }[];
  /** Why it went back; then nothing more is proved. */
  readonly rolledBack?: { readonly at: MigrationStep; readonly evidence: Evidence };
}

/** The step that is due; undefined when all are done, or it was rolled back. */
export const dueStep = (state: MigrationState): MigrationStep | undefined =>
  state.rolledBack === undefined ? MIGRATION_STEPS[state.proved.length] : undefined;

/**
 * The state after one more fact. Pure: a file or a resource keeps it.
 * @throws VenuewireError `VW_MIGRATION` when another step is due, or none.
 */
export function prove(state: MigrationState, step: MigrationStep, evidence: Evidence): MigrationState {
  const due = dueStep(state);
  if (due === undefined || step !== due) {
    const now =
      due === undefined
        ? state.rolledBack === undefined
          ? 'nothing: it is done'
          : 'nothing: it was rolled back'
        : due;
    throw new VenuewireError(
      'VW_MIGRATION',
      `${state.name}: ${step} cannot be proved, due is ${now}`,
      'Steps are proved in their order; begin anew after a roll-back.',
    );
  }
  if (!evidence.ok) return { ...state, rolledBack: { at: step, evidence } };
  return { ...state, proved: [...state.proved, { step, evidence }] };
}
