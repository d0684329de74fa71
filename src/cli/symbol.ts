/** Messages of one instrument: by a text field that holds its symbol, or by the number that such a message ties to it. */

import { VenuewireError } from '../errors.js';
import { type Decoder, Field, Group, type View } from '../layout/index.js';
import type { Test } from './where.js';

const SYMBOL_NAME = /symbol|stock|ticker|instrument|security|contract|series|^name$/i;

type Row = Readonly<Record<string, unknown>>;

/** The test; it learns: feed it every message, in order. */
export function symbolTest(decoder: Decoder, wanted: string): Test {
  const known = new Set<string>(/^\d+$/.test(wanted) ? [wanted] : []);
  const isText = (part: unknown): boolean =>
    part instanceof Field && (part.data.wire === 'text' || part.data.wire === 'char' || part.data.wire === 'bytes');
  let possible = known.size > 0;
  const tests = decoder.names.map((_, index): Test => {
    const { fields } = decoder.plan(index).record;
    const texts = Object.entries(fields)
      .filter(([name, part]) => isText(part) && (SYMBOL_NAME.test(name) || decoder.instrument.includes(name)))
      .map(([name]) => name);
    const groups = Object.entries(fields).flatMap(([name, part]) =>
      part instanceof Group
        ? [
            [
              name,
              Object.keys(part.fields).filter((n) => SYMBOL_NAME.test(n) || decoder.instrument.includes(n)),
            ] as const,
          ]
        : [],
    );
    const key = decoder.instrument.find((name) => fields[name] instanceof Field);
    if (texts.length > 0 || groups.some(([, names]) => names.length > 0)) possible = true;
    return (message) => {
      const row = message as unknown as Row;
      const number = key === undefined ? undefined : String(row[key]);
      for (const name of texts) {
        if (row[name] !== wanted) continue;
        if (number !== undefined && name !== key) known.add(number);
        return true;
      }
      if (number !== undefined && known.has(number)) return true;
      for (const [group, names] of groups) {
        if (names.length === 0) continue;
        for (const entry of row[group] as Iterable<Row>) {
          for (const name of names) if (known.has(String(entry[name])) || entry[name] === wanted) return true;
        }
      }
      return false;
    };
  });
  if (!possible) {
    throw new VenuewireError(
      'VW_WHERE',
      `${decoder.id} has no field with a symbol`,
      'Use the number of the instrument, or --where with a field of the messages.',
    );
  }
  return (message: View) => (tests[message.$message.index] as Test)(message);
}
