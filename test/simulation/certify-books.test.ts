// Books through gaps: certify looks at them, and a fault in them is found. Faults are put in where the core reads the ring.
import { describe, expect, test } from 'vitest';
import {
  NOTICE_CODE_AT,
  NOTICE_TYPE,
  type NoticeType,
  RECORD_KIND,
  RECORD_KIND_AT,
  UNIT_BYTES,
} from '../../src/contract.js';
import type { Ring } from '../../src/feed/ring.js';
import type { NativeBooks } from '../../src/native.js';
import { BookAudit } from '../../src/simulator/certify/books.js';
import { runScenarioSeeds } from '../../src/simulator/certify/campaign.js';
import { models } from '../../src/simulator/certify/models.js';
import { scenariosOf } from '../../src/simulator/certify/scenarios/index.js';
import { Stage } from '../../src/simulator/certify/stage.js';

const SEEDS = 2;
type Planted = (books: NativeBooks, ring: Ring) => NativeBooks;

/** The books as they are, but `what` is done another way. */
const changed = (books: NativeBooks, what: Partial<NativeBooks>): NativeBooks =>
  new Proxy(books, {
    get: (of, name) => {
      const own =
        (what as Record<string | symbol, unknown>)[name] ?? (of as unknown as Record<string | symbol, unknown>)[name];
      return typeof own === 'function' ? own.bind(of) : own;
    },
  });

/** Books that do not hear of a notice. */
const deafTo =
  (type: NoticeType): Planted =>
  (books, ring) =>
    changed(books, {
      take(from, to, events, state) {
        const silenced: number[] = [];
        for (let unit = from; unit !== to; ) {
          const at = (unit & ring.mask) * UNIT_BYTES;
          const code = ring.view.getUint8(at + NOTICE_CODE_AT);
          if (ring.view.getUint8(at + RECORD_KIND_AT) === RECORD_KIND.indexOf('notice') && NOTICE_TYPE[code] === type) {
            ring.view.setUint8(at + NOTICE_CODE_AT, 0);
            silenced.push(at + NOTICE_CODE_AT);
          }
          unit = (unit + ring.view.getUint32(at, true)) >>> 0;
        }
        books.take(from, to, events, state);
        for (const at of silenced) ring.view.setUint8(at, NOTICE_TYPE.indexOf(type));
      },
    });

/** Books that miss every 50th run of messages. */
const missing: Planted = (books, ring) => {
  let runs = 0;
  return changed(books, {
    take(from, to, events, state) {
      const hidden: number[] = [];
      for (let unit = from; unit !== to; ) {
        const at = (unit & ring.mask) * UNIT_BYTES;
        if (ring.view.getUint8(at + RECORD_KIND_AT) === RECORD_KIND.indexOf('run') && ++runs % 50 === 0) {
          ring.view.setUint8(at + RECORD_KIND_AT, 0);
          hidden.push(at + RECORD_KIND_AT);
        }
        unit = (unit + ring.view.getUint32(at, true)) >>> 0;
      }
      books.take(from, to, events, state);
      for (const at of hidden) ring.view.setUint8(at, RECORD_KIND.indexOf('run'));
    },
  });
};

const worse: Planted = (books) =>
  changed(books, {
    depth(number, side, prices, sizes, orders) {
      const n = books.depth(number, side, prices, sizes, orders);
      if (n > 1) prices[n - 1] = (prices[n - 1] as bigint) + 1n;
      return n;
    },
  });

async function faultsOf(
  id: string,
  planted?: Planted,
): Promise<{ failures: number; scenarios: number; first: string }> {
  const model = await models[id]?.();
  if (model === undefined) throw new Error(id);
  let ring: Ring | undefined;
  const stage: Stage = new Stage(model, (books) => planted?.(books, ring as Ring) ?? books);
  ring = stage.ring(1);
  let failures = 0;
  let first = '';
  const scenarios = scenariosOf(stage);
  for (const scenario of scenarios) {
    const report = runScenarioSeeds(stage, scenario, 1, SEEDS);
    failures += report.failures.length;
    first ||= report.failures[0]?.faults.join('; ') ?? '';
  }
  return { failures, scenarios: scenarios.length, first };
}

describe.each(['nasdaq-totalview', 'cboe-pitch', 'hkex-omd-c'].filter((id) => models[id] !== undefined))(
  'books of %s',
  (id) => {
    test('after every ladder are those of the day without loss, and say when they are not', async () => {
      const { failures, scenarios, first } = await faultsOf(id);
      expect({ failures, first }).toEqual({ failures: 0, first: '' });
      expect(scenarios).toBeGreaterThan(10);
    });
    test.each([
      ['that never say that they are stale', deafTo('stale'), /not stale where the stream is stale/],
      ['that stay stale', deafTo('good'), /is stale where the stream is not/],
      ['that keep levels through a snapshot', deafTo('snapshotStarted'), /levels|orders|side/],
      ['that miss messages', missing, /levels|orders|side/],
      ['with a level at another price', worse, /side/],
    ] as const)('%s are found', async (_, planted, what) => {
      const { failures, first } = await faultsOf(id, planted);
      expect(failures).toBeGreaterThan(0);
      expect(first).toMatch(what);
    });
  },
);

test('books are looked at wherever messages have roles for them', async () => {
  const with_: string[] = [];
  for (const [id, load] of Object.entries(models)) if (BookAudit.knows(new Stage(await load()).decoder)) with_.push(id);
  expect(with_.length).toBeGreaterThan(40);
});
