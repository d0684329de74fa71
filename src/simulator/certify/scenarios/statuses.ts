/** Refusals of a server: each status code that its pattern names, and one that no table knows. */
import type { Random } from '../../random.js';
import type { CertifyFaults } from '../model.js';
import type { Pattern } from '../stage.js';
import { half } from './scenario.js';

export type Faulty<More> = (name: string, says: string, faults: (r: Random) => CertifyFaults, more?: More) => void;

/** A code that is longer than any field of a status. */
const UNKNOWN_CODE = '250';

export function refusals(pattern: Pattern, faulty: Faulty<never>): void {
  const refusedWith = (code: string) => (r: Random) => ({ status: { code, probability: half(r) } });
  const statuses = pattern.replies.filter((x) => x.do === 'status');
  for (const [code, what] of statuses.flatMap((x) => Object.entries(x.statuses))) {
    if (what !== 'accepted') faulty(`refused with ${code}`, `the server refuses: ${what}`, refusedWith(code));
  }
  if (statuses.some((x) => x.otherwise !== 'accepted')) {
    faulty('refused with an unknown code', 'a status that no table knows', refusedWith(UNKNOWN_CODE));
  }
}
