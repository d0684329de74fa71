import { isViewMember } from '../view.js';

/** A specification's name in camelCase: `MDEntryPx` is `mdEntryPx`, `Trade_Type` is `tradeType`. */
export function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((w) => w !== '');
  const joined = words.map((w, i) => (i === 0 ? w : w.charAt(0).toUpperCase() + w.slice(1))).join('');
  const lowered = joined.replace(/^[A-Z]+/, (run) =>
    run.length === 1 || run.length === joined.length || !/[a-z]/.test(joined.charAt(run.length))
      ? run.toLowerCase()
      : run.slice(0, -1).toLowerCase() + run.slice(-1),
  );
  const legal = /^[a-z]/.test(lowered) ? lowered : `n${lowered}`;
  // Members of a view keep their meaning.
  return isViewMember(legal) || legal === 'constructor' ? `${legal}Field` : legal;
}

export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
