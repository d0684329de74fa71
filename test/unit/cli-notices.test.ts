import { describe, expect, it } from 'vitest';
import { FilledOnce, noticeJson, noticeText } from '../../src/cli/notices.js';
import type { Notice, NoticeType } from '../../src/feed/batch.js';
import { Random } from '../../src/simulator/random.js';

const notice = (type: NoticeType, begin: number, end: number, more: Partial<Notice> = {}): Notice => ({
  type,
  reason: type === 'gapFilled' ? 'retransmission' : 'none',
  channel: 0,
  begin: BigInt(begin),
  end: BigInt(end),
  count: BigInt(end - begin),
  time: 0n,
  requester: -1,
  server: -1,
  detail: 0,
  session: '',
  sender: '',
  ...more,
});

function told(list: readonly Notice[]): string[] {
  const out: string[] = [];
  const once = new FilledOnce((n) => out.push(`${n.type} ${n.begin}-${n.end} ${n.count}`));
  for (const n of list) once.notice(n);
  once.flush();
  return out;
}

describe('a gap that is filled packet by packet', () => {
  it('is told once', () => {
    const parts = Array.from({ length: 100 }, (_, i) => notice('gapFilled', 1 + 10 * i, 11 + 10 * i));
    expect(
      told([notice('gapOpened', 1, 1001), notice('stale', 1, 1001), ...parts, notice('good', 1001, 1001)]),
    ).toEqual(['gapOpened 1-1001 1000', 'stale 1-1001 1000', 'gapFilled 1-1001 1000', 'good 1001-1001 0']);
  });
  it('is told before another notice ends the matter, as far as it came', () => {
    expect(
      told([
        notice('gapOpened', 1, 31),
        notice('gapFilled', 1, 6),
        notice('gapFilled', 6, 11),
        notice('gapAbandoned', 21, 31),
        notice('gapFilled', 11, 21),
        notice('sessionEnded', 31, 31),
      ]),
    ).toEqual([
      'gapOpened 1-31 30',
      'gapFilled 1-11 10',
      'gapAbandoned 21-31 10',
      'gapFilled 11-21 10',
      'sessionEnded 31-31 0',
    ]);
  });
  it('is told in two where it came two ways', () => {
    expect(
      told([
        notice('gapOpened', 1, 11),
        notice('gapFilled', 1, 6),
        notice('gapFilled', 6, 11, { reason: 'otherLine' }),
      ]),
    ).toEqual(['gapOpened 1-11 10', 'gapFilled 1-6 5', 'gapFilled 6-11 5']);
  });
  it('of one channel does not wait for another', () => {
    expect(
      told([
        notice('gapOpened', 1, 11),
        notice('gapOpened', 1, 3, { channel: 1 }),
        notice('gapFilled', 1, 3, { channel: 1 }),
      ]),
    ).toEqual(['gapOpened 1-11 10', 'gapOpened 1-3 2', 'gapFilled 1-3 2']);
  });
  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'loses and doubles no number, in any order: seed %i',
    (seed) => {
      const random = new Random(seed);
      const cuts = [...new Set(Array.from({ length: 20 }, () => 1 + random.below(200)))].sort((a, b) => a - b);
      const parts = cuts.slice(1).map((end, i) => notice('gapFilled', cuts[i] as number, end));
      for (let i = parts.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [parts[i], parts[j]] = [parts[j] as Notice, parts[i] as Notice];
      }
      const first = cuts[0] as number;
      const last = cuts.at(-1) as number;
      expect(told([notice('gapOpened', first, last), ...parts])).toEqual([
        `gapOpened ${first}-${last} ${last - first}`,
        `gapFilled ${first}-${last} ${last - first}`,
      ]);
    },
  );
});

describe('a notice about a server', () => {
  const feed = { channels: ['c'], requesters: ['replay'], servers: [['10.0.0.1:1', '10.0.0.2:2']] };
  const refused = notice('recoveryFailed', 5, 9, {
    reason: 'requestRefused',
    requester: 0,
    server: 1,
    detail: 65,
    session: 'S1  ',
  });
  it('names requester, server and detail in JSON', () => {
    expect(JSON.parse(noticeJson(refused, feed))).toEqual({
      notice: 'recoveryFailed',
      time: '0',
      channel: 'c',
      begin: '5',
      end: '9',
      count: '4',
      reason: 'requestRefused',
      requester: 'replay',
      server: '10.0.0.2:2',
      detail: 65,
      session: 'S1  ',
    });
  });
  it('names them for people', () => {
    expect(noticeText(refused, feed)).toBe(
      "! recoveryFailed 5–8 (requestRefused, replay, 10.0.0.2:2, detail 65 'A', session S1)",
    );
  });
  it('leaves out what there is not', () => {
    expect(Object.keys(JSON.parse(noticeJson(notice('stale', 1, 2), feed)))).toEqual([
      'notice',
      'time',
      'channel',
      'begin',
      'end',
      'count',
      'reason',
    ]);
  });
});
