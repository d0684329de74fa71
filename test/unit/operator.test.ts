// The operator's parts that need no cluster. With one: npm run test:cluster.
import { describe, expect, it } from 'vitest';
import type { KubernetesObject, WatchEvent } from '../../packages/operator/src/api.js';
import { type Condition, conditionsOf, type Facts, withTimes } from '../../packages/operator/src/conditions.js';
import { has } from '../../packages/operator/src/desired.js';
import { Handler, type HandlerState, samplesOf } from '../../packages/operator/src/handlers.js';
import { CONNECTION } from '../../packages/operator/src/kinds.js';
import { OperatorMetrics } from '../../packages/operator/src/metrics.js';
import { WorkQueue } from '../../packages/operator/src/queue.js';
import { Watcher } from '../../packages/operator/src/watcher.js';

const metrics = (of: { a?: number; b?: number; missing?: number; abandoned?: number; snapshot?: number }): string =>
  `# HELP venuewire_channel_packets_total packets
venuewire_channel_packets_total{venue="v",channel="c"} ${(of.a ?? 0) + (of.b ?? 0)}
venuewire_channel_missing{venue="v",channel="c"} ${of.missing ?? 0}
venuewire_channel_abandoned_total{venue="v",channel="c"} ${of.abandoned ?? 0}
venuewire_channel_abandoned_to_snapshot_total{venue="v",channel="c"} ${of.snapshot ?? 0}
venuewire_line_packets_total{venue="v",channel="c",line="A"} ${of.a ?? 0}
venuewire_line_packets_total{venue="v",channel="c",line="B"} ${of.b ?? 0}
`;

describe('a handler', () => {
  it('is read from its metrics; what is no sample is left out', () => {
    const samples = samplesOf('# TYPE a counter\na{x="1\\"}",y="z"} 2\nb 3\nc{ 4\nd{x="1"} many\n');
    expect([...samples]).toEqual([
      ['a', [{ labels: { x: '1\\"}', y: 'z' }, value: 2 }]],
      ['b', [{ labels: {}, value: 3 }]],
    ]);
  });
  it('recovers when numbers are missing twice in a row, and not while holes close at once', () => {
    const handler = new Handler();
    expect(handler.see(metrics({ a: 1, b: 1, missing: 3 }), 0).recovering).toEqual([]);
    expect(handler.see(metrics({ a: 2, b: 2, missing: 1 }), 5_000).recovering).toEqual(['c']);
    expect(handler.see(metrics({ a: 3, b: 3 }), 10_000).recovering).toEqual([]);
  });
  it('has lost what was given up and no snapshot carried, for five minutes', () => {
    const handler = new Handler();
    expect(handler.see(metrics({ a: 1, b: 1, abandoned: 5, snapshot: 5 }), 0).lost).toEqual([]);
    expect(handler.see(metrics({ a: 1, b: 1, abandoned: 6, snapshot: 5 }), 1_000).lost).toEqual(['c']);
    expect(handler.see(metrics({ a: 1, b: 1, abandoned: 6, snapshot: 5 }), 300_999).lost).toEqual(['c']);
    expect(handler.see(metrics({ a: 1, b: 1, abandoned: 6, snapshot: 5 }), 301_000).lost).toEqual([]);
  });
  it('has a silent line when the other one goes on without it; when both are silent the market is', () => {
    const handler = new Handler();
    handler.see(metrics({ a: 1, b: 1 }), 0);
    expect(handler.see(metrics({ a: 2, b: 1 }), 15_000).silentLines).toEqual([]);
    expect(handler.see(metrics({ a: 3, b: 1 }), 20_000).silentLines).toEqual(['c/B']);
    expect(handler.see(metrics({ a: 3, b: 1 }), 40_000).silentLines).toEqual([]);
  });
  it('that does not answer is not reached', () => {
    expect(new Handler().see(undefined, 0).reached).toBe(false);
  });
});

describe('conditions', () => {
  const pod = (ready: boolean): KubernetesObject => ({
    metadata: { name: 'p', uid: 'p' },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
  const rolledOut = {
    metadata: { name: 'd', generation: 2 },
    spec: { replicas: 1 },
    status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  };
  const good: HandlerState = { reached: true, silentChannels: [], recovering: [], lost: [], silentLines: [] };
  const facts = (more: Partial<Facts> = {}, state: HandlerState = good): Facts => ({
    ...{ paused: false, refused: [], taken: [], deployment: rolledOut, pods: [pod(true)], stateOf: () => state },
    ...more,
  });
  const short = (of: Facts): string =>
    Object.entries(conditionsOf(of))
      .map(([type, { status, reason }]) => `${type} ${status} ${reason}`)
      .join(', ');

  it.each([
    [
      'all is well',
      facts(),
      'Planned True Planned, Ready True Ready, Receiving True Receiving, Recovering False Whole, Degraded False Good, Paused False Reconciled',
    ],
    [
      'there is no pod yet',
      facts({ pods: [] }),
      /Ready False NoPod, Receiving Unknown NotReached, Recovering Unknown NotReached/,
    ],
    ['the pod is not ready', facts({ pods: [pod(false)] }), /Ready False NotReady/],
    [
      'a generation is rolled out',
      facts({ deployment: { ...rolledOut, metadata: { name: 'd', generation: 3 } } }),
      /Ready True Rolling/,
    ],
    [
      'the plan has errors and nothing runs',
      facts({ refused: ['no'], pods: [] }),
      /Planned False Refused, Ready False NotPlanned/,
    ],
    [
      'the plan has errors and what was before runs',
      facts({ refused: ['no'] }),
      /Planned False Refused, Ready True Ready.*Degraded True NotPlanned/,
    ],
    ['nothing was received', facts({}, { ...good, silentChannels: ['c'] }), /Receiving False Silent/],
    ['numbers are missing', facts({}, { ...good, recovering: ['c'] }), /Recovering True Missing/],
    ['numbers were lost', facts({}, { ...good, lost: ['c'] }), /Degraded True MessagesLost/],
    ['a line is silent', facts({}, { ...good, silentLines: ['c/B'] }), /Degraded True LineSilent/],
    ['a name belongs to another', facts({ taken: ['Service v'] }), /Degraded True NameTaken/],
    ['it is paused', facts({ paused: true }), /Paused True Annotated/],
    [
      'its container ends again and again',
      facts({
        pods: [
          { ...pod(false), status: { containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] } },
        ],
      }),
      /Degraded True PodFailing/,
    ],
  ] as const)('when %s', (_when, of, expected) => {
    expect(short(of)).toMatch(typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected);
  });

  it('keep the time of their last change of status, and carry the generation that they are about', () => {
    const before = withTimes(conditionsOf(facts()), [], 1, 'then');
    const after = withTimes(conditionsOf(facts({ paused: true })), before, 2, 'now');
    const times = (all: readonly Condition[]) => Object.fromEntries(all.map((c) => [c.type, c.lastTransitionTime]));
    expect(times(after)).toEqual({ ...times(before), Paused: 'now' });
    expect(after.every((c) => c.observedGeneration === 2)).toBe(true);
  });
});

describe('an object', () => {
  it('has what is wanted of it when the server and others added theirs', () => {
    const wanted = { spec: { ports: [{ port: 1 }], selector: { a: 'b' } } };
    expect(
      has({ spec: { ports: [{ port: 1, protocol: 'TCP' }], selector: { a: 'b' }, more: 1 }, status: {} }, wanted),
    ).toBe(true);
    expect(has({ spec: { ports: [{ port: 1 }, { port: 2 }], selector: { a: 'b' } } }, wanted)).toBe(false);
    expect(has({ spec: { ports: [{ port: 2 }], selector: { a: 'b' } } }, wanted)).toBe(false);
    expect(has(undefined, wanted)).toBe(false);
  });
});

describe('the queue', () => {
  it('gives a key once however often it was added, and never to two workers', async () => {
    const queue = new WorkQueue();
    for (let i = 0; i < 10; i++) queue.add('a');
    queue.add('b');
    expect([await queue.next(), await queue.next()]).toEqual(['a', 'b']);
    queue.add('a');
    queue.add('a');
    expect(queue.waiting).toBe(0);
    const third = queue.next();
    queue.done('b');
    queue.done('a');
    expect(await third).toBe('a');
    queue.done('a');
    expect(queue.idle).toBe(true);
    const last = queue.next();
    queue.close();
    expect(await last).toBe(undefined);
  });
  it('brings back what failed, twice as late each time, to 16 minutes; a success begins anew', () => {
    const queue = new WorkQueue({ after: () => {} });
    const waits = Array.from({ length: 20 }, () => queue.retry('a'));
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.at(-1)).toBe(16 * 60_000);
    queue.succeeded('a');
    expect(queue.retry('a')).toBe(5);
  });
});

describe('a watch', () => {
  const object = (name: string, version: string): KubernetesObject => ({
    metadata: { namespace: 'n', name, uid: name, resourceVersion: version },
  });
  /** Lists and watches in turn as a server answers them; the last watch stays open. */
  function served(lists: readonly object[], watches: readonly (readonly WatchEvent[])[]) {
    const asked: string[] = [];
    const api = {
      call: async () => {
        asked.push('list');
        return lists[asked.filter((a) => a === 'list').length - 1];
      },
      async *watch(path: string, _options: object, _quietMs: number, signal: AbortSignal) {
        const at = asked.filter((a) => a !== 'list').length;
        asked.push(new URLSearchParams(path.split('?')[1]).get('resourceVersion') as string);
        yield* watches[at] ?? [];
        if (at >= watches.length - 1)
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    };
    return { api, asked };
  }
  async function watched(
    lists: readonly object[],
    watches: readonly (readonly WatchEvent[])[],
    done: (w: Watcher, told: string[]) => boolean,
    hook: (w: Watcher, o: KubernetesObject) => void = () => {},
  ) {
    const told: string[] = [];
    const { api, asked } = served(lists, watches);
    const stop = new AbortController();
    const watcher = new Watcher({
      ...{ api: api as never, metrics: new OperatorMetrics(), log: () => {}, kind: CONNECTION },
      changed: (o) => {
        told.push(`${o.metadata.name} ${o.metadata.resourceVersion}`);
        hook(watcher, o);
      },
    });
    const running = watcher.run(stop.signal);
    await expect.poll(() => done(watcher, told), { timeout: 20_000 }).toBe(true);
    stop.abort();
    await running;
    return { asked, told, names: [...watcher.items.keys()] };
  }
  const list = (version: string, ...items: KubernetesObject[]): object => ({
    metadata: { resourceVersion: version },
    items,
  });
  const event = (type: WatchEvent['type'], of: object): WatchEvent => ({ type, object: of as KubernetesObject });

  it('that is too old is listed anew: what went meanwhile is told, and what stayed is not', async () => {
    const gone = { code: 410, reason: 'Expired', message: 'too old', metadata: {} };
    const { asked, told, names } = await watched(
      [list('10', object('a', '1'), object('b', '2')), list('30', object('b', '2'), object('c', '25'))],
      [[event('BOOKMARK', object('', '20')), event('ERROR', gone)], []],
      (w) => w.items.has('n/c'),
    );
    expect(asked).toEqual(['list', '10', 'list', '30']);
    expect(told).toEqual(['a 1', 'b 2', 'a 1', 'c 25']);
    expect(names).toEqual(['n/b', 'n/c']);
  });

  it('that the server ends goes on where it was, by the last bookmark', async () => {
    const { asked, told } = await watched(
      [list('10')],
      [[event('ADDED', object('a', '11')), event('BOOKMARK', object('', '20'))], [event('DELETED', object('a', '21'))]],
      (_, t) => t.length === 2,
    );
    expect(asked).toEqual(['list', '10', '20']);
    expect(told).toEqual(['a 11', 'a 21']);
  });

  it('does not go back behind what a call of ours brought, and takes null for none', async () => {
    const { names, told } = await watched(
      [{ metadata: { resourceVersion: '10' }, items: null }],
      [[event('ADDED', object('a', '11')), event('MODIFIED', object('a', '12')), event('ADDED', object('b', '13'))]],
      (w) => w.items.has('n/b'),
      // Applied by us when the watch is still behind.
      (w, o) => w.put({ ...o, metadata: { ...o.metadata, resourceVersion: o.metadata.name === 'a' ? '15' : '13' } }),
    );
    expect(names.sort()).toEqual(['n/a', 'n/b']);
    expect(told).toEqual(['a 11', 'b 13']);
  });
});
