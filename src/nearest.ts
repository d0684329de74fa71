/** Words that may have been meant by one that is not known. */

/** Longer words are no typing errors, and would cost the square of their length. */
const LONGEST = 64;

const parts = (name: string): string[] => name.toLowerCase().match(/[a-z]+|[0-9]+/g) ?? [];

/** The names nearest to what was typed, best first: by the words that they share, and by letters that differ. */
export function nearestNames(typed: string, names: readonly string[], most = 3): string[] {
  if (typed.length > LONGEST) return [];
  const wanted = typed.toLowerCase();
  const own = parts(typed);
  return names
    .map((name) => {
      const others = parts(name);
      const shared = own.filter((w) => others.some((o) => o === w || (w.length > 2 && o.startsWith(w)))).length;
      return { name, shared, apart: distance(wanted, name.toLowerCase()) };
    })
    .filter(({ shared, apart }) => shared > 0 || apart <= Math.max(2, Math.floor(typed.length / 3)))
    .sort((a, b) => b.shared - a.shared || a.apart - b.apart || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** The one word that is near enough to have been meant, by letters alone. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  let best: string | undefined;
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    const apart = distance(typed.toLowerCase(), word.toLowerCase());
    if (apart < least) [best, least] = [word, apart];
  }
  return best;
}

/** Letters to change, add or take away. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
