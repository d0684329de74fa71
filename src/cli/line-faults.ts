/** Faults of lines as they are typed: `loss=0.02,delay=5ms`, of one line with its address in front. */

import { duration, isWithin, nanosecondsOf } from '../patterns/units.js';
import type { FaultyCaptureOptions, LineOutcome } from '../simulator/faulty-capture.js';
import type { LineFaults } from '../simulator/line-faults.js';
import { ipPort, probability, wholeNumber } from './choose.js';
import { usage } from './exit.js';
import { grouped } from './output.js';

/** What is on its way is kept in memory: so long at most. */
const LONGEST_NS = 10e9;
const BURST_MAX = 1_000_000;

function span(name: string): (text: string) => number {
  return (text) => {
    if (duration.safeParse(text).success && isWithin(text, LONGEST_NS)) return nanosecondsOf(text);
    throw usage(`${name}: '${text}' is not a time up to 10 s`, 'Write a number and its unit: 250us, 5ms, 1s.');
  };
}

/** `0.001x20` */
function burst(text: string): NonNullable<LineFaults['burst']> {
  const [share = '', length = '', ...more] = text.split('x');
  if (more.length > 0) throw usage(`--fault burst: '${text}' is not p×n`, 'Write for example 0.001x20.');
  return {
    probability: probability('--fault burst')(share),
    length: wholeNumber('--fault burst', 1, BURST_MAX)(length),
  };
}

const KINDS: Readonly<Record<string, (text: string) => LineFaults>> = {
  loss: (text) => ({ loss: probability('--fault loss')(text) }),
  burst: (text) => ({ burst: burst(text) }),
  duplicate: (text) => ({ duplicate: probability('--fault duplicate')(text) }),
  reorder: (text) => ({ reorder: probability('--fault reorder')(text) }),
  reorderBy: (text) => ({ reorderNs: span('--fault reorderBy')(text) }),
  delay: (text) => ({ delayNs: span('--fault delay')(text) }),
  jitter: (text) => ({ jitterNs: span('--fault jitter')(text) }),
  truncate: (text) => ({ truncate: probability('--fault truncate')(text) }),
  flip: (text) => ({ flip: probability('--fault flip')(text) }),
};

function faultsOf(text: string): LineFaults {
  const each = text.split(',').map((part) => {
    const [name = '', value, ...more] = part.split('=');
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (kind === undefined || value === undefined || more.length > 0)
      throw usage(`--fault: '${part}' is no fault`, `Write name=value of: ${Object.keys(KINDS).join(', ')}.`);
    return kind(value);
  });
  return Object.assign({}, ...each) as LineFaults;
}

/** The values of `--fault`: those of a line have its `ip:port/` in front, and the others are of all other lines. */
export function lineFaults(values: readonly string[]): Pick<FaultyCaptureOptions, 'lines' | 'others'> {
  const lines = new Map<string, LineFaults>();
  let others: LineFaults | undefined;
  for (const text of values) {
    const [first = '', second, ...more] = text.split('/');
    if (more.length > 0) throw usage(`--fault '${text}' is not understood`, 'Write it as ip:port/loss=0.02.');
    const line = second === undefined ? undefined : ipPort('--fault', first);
    if (line === undefined ? others !== undefined : lines.has(line))
      throw usage(`--fault: ${line ?? 'all lines'} twice`, 'Write the faults of a line in one, separated by commas.');
    const faults = faultsOf(second ?? first);
    if (line === undefined) others = faults;
    else lines.set(line, faults);
  }
  return { lines, others: others ?? {} };
}

/** `233.54.12.111:26477: 3 of 120 lost, 2 late` */
export function faultText(line: string, { packets, lost, late, twice, damaged }: LineOutcome): string {
  const more = Object.entries({ late, twice, damaged }).filter(([, n]) => n > 0);
  return [`${line}: ${grouped(lost)} of ${grouped(packets)} lost`, ...more.map(([w, n]) => `${grouped(n)} ${w}`)].join(
    ', ',
  );
}
