/** The ladder: whether its rungs have what they need, and whether the venue would serve them as they are declared. */
import type { Recovery } from '../patterns/recovery.js';
import type { Snapshot } from '../patterns/snapshot.js';
import { nanosecondsOf } from '../patterns/units.js';
import type { Venue } from '../patterns/venue.js';
import { serverUses } from './check-machine.js';
import { linesOf } from './lines.js';
import type { Check, Subject } from './subject.js';

type Rung = Exclude<Venue['recovery'][number], { type: 'waitForOtherLine' }>;
const NS_PER_SECOND = 1e9;

const patternOf = (rung: Rung): Recovery | Snapshot | undefined =>
  typeof rung.pattern === 'object' ? (rung.pattern as Recovery | Snapshot) : undefined;
const rungsOf = (venue: Venue): (readonly [Rung, number])[] =>
  venue.recovery.flatMap((rung, i) => (rung.type === 'waitForOtherLine' ? [] : [[rung, i] as const]));

/** Whether a stream asks for what is missing, or takes the state again. */
const streamsRecover = (venue: Venue): boolean =>
  Object.values(venue.streams ?? {}).some((s) => typeof s.pattern === 'object');

const rungs: Check = ({ venue, found }) => {
  const asks = rungsOf(venue);
  const streams = streamsRecover(venue);
  // What sends text is asked again by its integrity pattern.
  const asksAnew = venue.integrity !== undefined;
  if (asks.length === 0 && !streams && !asksAnew) found('no-recovery', ['recovery'], 'no rung asks anybody');
  const lines = linesOf(venue).filter((l) => l.role === 'live');
  const most = Math.max(
    0,
    ...[undefined, ...Object.keys(venue.channels ?? {})].map(
      (channel) => lines.filter((l) => l.channel === channel || l.channel === undefined).length,
    ),
  );
  const wait = venue.recovery.findIndex((r) => r.type === 'waitForOtherLine');
  if (wait >= 0 && most < 2 && !streams && asks.length > 0)
    found('wait-for-nobody', ['recovery', wait], 'each channel has one line');
  if (venue.join !== 'beginning' || streams) return;
  const requests = asks.filter(([r]) => r.type === 'request');
  if (requests.length === 0) found('join-unreachable', ['join'], 'no rung requests what was missed');
  else if (requests.every(([r]) => r.limits?.age !== undefined || patternOf(r)?.limits.age !== undefined)) {
    const ages = requests.map(([r]) => Number(r.limits?.age ?? patternOf(r)?.limits.age));
    found('age-too-short', ['join'], `servers keep the newest ${Math.max(...ages)} messages`);
  }
};

/** Answers on lines need those lines, of each channel that the rung serves. */
const answers: Check = ({ venue, found }) => {
  for (const [rung, i] of rungsOf(venue)) {
    const pattern = patternOf(rung);
    if (pattern === undefined) continue;
    const role =
      'from' in pattern
        ? pattern.from === 'loop' || pattern.from === 'requestOnLines'
          ? 'snapshot'
          : undefined
        : pattern.delivery === 'lines'
          ? 'retransmission'
          : undefined;
    if (role === undefined) continue;
    const channels = Object.entries(venue.channels ?? {});
    const concerned = rung.channel === undefined ? channels : channels.filter(([name]) => name === rung.channel);
    const without = concerned.filter(([, c]) => c[role] === undefined).map(([name]) => name);
    if (channels.length > 0 && without.length === 0) continue;
    const whose = channels.length === 0 ? 'no channel declares any' : `${without.join(', ')} has none`;
    found('answers-have-no-line', ['recovery', i], `${pattern.id} brings its answers on ${role} lines, and ${whose}`);
  }
};

const limits: Check = ({ venue, found }) => {
  for (const { path, use } of serverUses(venue)) {
    const own = use.limits;
    const pattern = typeof use.pattern === 'object' ? use.pattern.limits : undefined;
    if (own === undefined || pattern === undefined) continue;
    for (const key of ['perRequest', 'age'] as const) {
      if (own[key] === undefined || pattern[key] === undefined || BigInt(own[key]) <= BigInt(pattern[key])) continue;
      found(
        'limits-beyond-pattern',
        [...path, 'limits', key],
        `${key} is ${own[key]}, the pattern’s is ${pattern[key]}`,
      );
    }
    const quicker = own.rates?.find((mine) =>
      pattern.rates.some((r) => nanosecondsOf(r.per) === nanosecondsOf(mine.per) && mine.count > r.count),
    );
    if (quicker !== undefined)
      found(
        'limits-beyond-pattern',
        [...path, 'limits', 'rates'],
        `${quicker.count} per ${quicker.per} is more than the pattern’s`,
      );
  }
};

/** The tries of one hole against what the venue allows in their time. */
const quotas: Check = ({ venue, found }) => {
  for (const [rung, i] of rungsOf(venue)) {
    const pattern = patternOf(rung)?.limits;
    const rates = rung.limits?.rates ?? pattern?.rates ?? [];
    const patience = nanosecondsOf(rung.limits?.patience ?? pattern?.patience ?? '1s');
    const timeout = nanosecondsOf(rung.timeout);
    for (const { count, per } of rates) {
      const wait = nanosecondsOf(per) - count * timeout;
      if (rung.tries <= count || wait <= patience) continue;
      const message = `${rung.tries} tries of ${rung.timeout}, and ${count} requests per ${per}: the next is allowed ${(wait / NS_PER_SECOND).toFixed(1)} s later`;
      found('quota-outrun', ['recovery', i, 'tries'], message);
    }
    const gap = nanosecondsOf(rung.limits?.loginGap ?? pattern?.loginGap ?? '0s');
    const reconnects = patternOf(rung)?.connection !== 'keep' && rung.tries > 1;
    if (reconnects && gap > timeout)
      found(
        'login-outrun',
        ['recovery', i, 'timeout'],
        `a login each ${gap / 1e6} ms, and a request has ${rung.timeout}`,
      );
  }
};

const serverLists: Check = ({ venue, found }) => {
  for (const { path, use } of serverUses(venue)) {
    const list: readonly string[] = use.servers;
    const twice = list.findIndex((s, i) => list.indexOf(s) < i);
    if (twice >= 0) found('server-twice', [...path, 'servers', twice], `${list[twice]} is there twice`);
  }
};

/** What comes while the first request is on its way must fit the window. */
const windows: Check = ({ venue, burst, found }) => {
  if (burst === undefined) return;
  let waited = 0;
  for (const rung of venue.recovery) {
    if (rung.type === 'waitForOtherLine') waited += nanosecondsOf(rung.for);
    if (rung.type !== 'request') continue;
    const packets = Math.ceil(((waited + nanosecondsOf(rung.timeout)) / NS_PER_SECOND) * burst.packetsPerSecond);
    if (packets > venue.window.packets) {
      const message = `${packets} packets may come before ${rung.timeout} has passed, and the window holds ${venue.window.packets}`;
      found('window-short', ['window', 'packets'], message);
    }
    return;
  }
};

export const checkRecovery = (subject: Subject): void => {
  for (const check of [rungs, answers, limits, quotas, serverLists, windows]) check(subject);
};
