import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileVenue } from '../../src/feed/compile.js';
import { udpMulticast, userPassword, venueJsonSchema } from '../../src/patterns/index.js';
import { loadVenue, resolveVenue } from '../../src/venues/load.js';
import { nasdaqTotalView } from '../../src/venues/nasdaq-totalview.js';
import { describeVenue, findVenue, patterns, type VenueEntry, venues } from '../../src/venues/registry.js';

const NASDAQ = `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: nasdaq-totalview }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing: moldudp64
  lines:
    A: { type: udpMulticast, address: 233.54.12.111:26477, interface: eth1 }
    B: { type: udpMulticast, address: 233.49.196.111:26477, interface: eth2 }
  join: snapshot
  directory: { message: stockDirectory, symbol: stock }
  recovery:
    - { type: waitForOtherLine, for: 1ms }
    - { type: request, pattern: moldudp64-rerequest, servers: ['10.1.1.1:17000'], timeout: 50ms }
    - type: request
      pattern: soupbintcp-replay
      servers: ['10.1.1.5:18300']
      credentials: { type: userPassword, username: env:VW_YAML_USER, password: env:VW_YAML_PASSWORD }
      timeout: 2s
    - type: snapshot
      pattern: glimpse
      servers: ['10.1.1.6:18301']
      credentials: { type: userPassword, username: env:VW_YAML_USER, password: env:VW_YAML_PASSWORD }
`;

const failure = async (text: string): Promise<{ code: string; message: string; hint: string; stack?: string }> => {
  try {
    await loadVenue(text);
  } catch (cause) {
    return cause as never;
  }
  throw new Error('the venue was taken');
};
const changed = (from: string, to: string): string => {
  expect(NASDAQ).toContain(from);
  return NASDAQ.replace(from, to);
};

describe('a venue file', () => {
  it('compiles to the very bytes of the same venue in TypeScript', async () => {
    Object.assign(process.env, { VW_YAML_USER: 'alice', VW_YAML_PASSWORD: 'sesame' });
    const credentials = userPassword('env:VW_YAML_USER', 'env:VW_YAML_PASSWORD');
    const venue = nasdaqTotalView({
      lines: {
        A: udpMulticast('233.54.12.111:26477', { interface: 'eth1' }),
        B: udpMulticast('233.49.196.111:26477', { interface: 'eth2' }),
      },
      rerequest: { servers: ['10.1.1.1:17000'] },
      replay: { server: '10.1.1.5:18300', credentials },
      glimpse: { server: '10.1.1.6:18301', credentials },
      join: 'snapshot',
    });
    expect(Buffer.from(compileVenue(await loadVenue(NASDAQ)).spec)).toEqual(Buffer.from(compileVenue(venue).spec));
  });

  it('may write framing and recovery inline, naming tables by id', async () => {
    const venue = await loadVenue(`
apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: mine }
spec:
  decoder: nasdaq-totalview-itch-5.0
  framing:
    id: my-mold
    byteOrder: little
    headerLength: 12
    sequence: { offset: 0, size: 8 }
    count: { offset: 8, size: 4 }
    kinds: [{ when: { field: count, equals: 0 }, is: heartbeat, number: last }]
    message: { length: { offset: 0, size: 2, excludes: 2 }, prefix: 2 }
  lines: { A: { type: udpUnicast, address: '0.0.0.0:5000' } }
  recovery:
    - type: request
      servers: [10.0.0.1:1]
      pattern:
        id: my-request
        transport: tcp
        framing: soupbintcp
        login:
          table: session-soupbintcp-3
          message: loginRequest
          values: { username: me, requestedSequenceNumber: { variable: begin } }
        replies:
          - { on: { table: session-soupbintcp-3, message: sequencedData }, do: message, payload: message }
`);
    const compiled = compileVenue(venue);
    expect(compiled.framing.id).toBe('my-mold');
    expect(compiled.requesters).toEqual([{ name: 'my-request', servers: ['10.0.0.1:1'], transport: 'tcp' }]);
  });

  it.each([
    [
      'a word that is not one of a list',
      'join: snapshot',
      'join: late',
      'venue:10:3: spec.join must be one of: live, beginning, snapshot',
    ],
    [
      'a type that does not exist',
      'type: udpMulticast, address: 233.54',
      'type: multicast, address: 233.54',
      /venue:8:10: spec\.lines\.A\.type must be one of: udpMulticast, udpUnicast, tcp, tls/,
    ],
    [
      'a key that is misspelt',
      'interface: eth1',
      'interfase: eth1',
      /venue:8:60: spec\.lines\.A\.interfase is not known here; did you mean 'interface'\? \(known: type, address, interface, source, receive\)/,
    ],
    ['a key that is missing', '{ name: nasdaq-totalview }', '{}', /venue:3:1: metadata\.name is missing \(string\)/],
    ['a time without a unit', 'for: 1ms', 'for: 1', /venue:13:33: spec\.recovery\.0\.for must be string/],
    [
      'a time with another unit',
      'for: 1ms',
      'for: 1 fortnight',
      /venue:13:33: spec\.recovery\.0\.for must be a number and a unit: ns, us, ms, s, min, h or d/,
    ],
    [
      'an address that is no group',
      '233.54.12.111:26477',
      '10.54.12.111:26477',
      /spec\.lines\.A\.address must be a multicast group and a port/,
    ],
    [
      'a decoder that does not exist',
      'nasdaq-totalview-itch-5.0',
      'nasdaq-totalview-itch-5',
      /venue:5:3: spec\.decoder names no decoder; did you mean 'nasdaq-totalview-itch-5\.0'\?/,
    ],
    [
      'a framing that does not exist',
      'framing: moldudp64',
      'framing: moldudp6',
      /venue:6:3: spec\.framing names no framing; did you mean 'moldudp64'\?/,
    ],
    [
      'a pattern of another kind',
      'pattern: glimpse',
      'pattern: soupbintcp-replay',
      /venue:21:7: spec\.recovery\.3\.pattern names no snapshot pattern.*venuewire list/,
    ],
    ['another version', 'v1alpha1', 'v9', /venue:1:1: apiVersion must be venuewire\.io\/v1alpha1/],
    [
      'a list where there is a name',
      'framing: moldudp64',
      'framing: [moldudp64]',
      /venue:6:3: spec\.framing must be one of: string, object/,
    ],
    [
      'an option of a socket in a line',
      'interface: eth1 }',
      'busyPoll: 5 }',
      /venue:8:60: spec\.lines\.A\.busyPoll is not known here \(known: type, address, interface, source, receive\)/,
    ],
  ])('says where, what and what else: %s', async (_, from, to, says) => {
    const error = await failure(changed(from, to));
    expect(error.code).toBe('VW_VENUE');
    expect(error.message).toMatch(says);
    expect(error.hint).toContain('schema/venue.schema.json');
  });
  it('names every place that is not right, each on its line', async () => {
    const error = await failure(changed('join: snapshot', 'join: late').replace('for: 1ms', 'for: soon'));
    expect(error.message.split('\n')).toHaveLength(2);
  });
  it.each(['99999999d', `${'9'.repeat(400)}s`, '36501d'])(
    'refuses a time of %s: no clock counts that far',
    async (span) => {
      const error = await failure(changed('for: 1ms', `for: ${span}`));
      expect(error.message).toContain('100 years');
    },
  );
  it('names the place of what is not YAML', async () => {
    expect(await failure('name: x\nlines: [\n')).toMatchObject({
      code: 'VW_VENUE_SYNTAX',
      message: expect.stringMatching(/^venue:\d+:\d+: /),
    });
  });
  it('names the file that is not there', async () => {
    expect(await failure('no-such-file.yaml')).toMatchObject({
      code: 'VW_VENUE_FILE',
      message: expect.stringContaining('ENOENT'),
    });
  });
  it('refuses credentials that are written out, and does not repeat them', async () => {
    const error = await failure(changed('password: env:VW_YAML_PASSWORD', 'password: hunter2'));
    expect(error.message).toMatch(
      /venue:18:\d+: spec\.recovery\.2\.credentials\.password must be a reference, env:NAME or file:PATH/,
    );
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain('hunter2');
  });
});

describe('the registry', () => {
  it.each(venues.map((v) => v.id))('%s loads, and its patterns are there', async (id) => {
    const entry = findVenue(id);
    expect(Object.keys((await entry?.load()) ?? {})).not.toHaveLength(0);
    const { patterns: used } = await describeVenue(entry as VenueEntry);
    for (const p of used) expect(patterns.map((x) => x.id)).toContain(p);
  });
  it.each(patterns.map((p) => [p.id, p] as const))('%s is what it says', async (id, entry) => {
    const pattern = await entry.load();
    expect(pattern.id).toBe(id);
    expect('from' in pattern).toBe(entry.kind === 'snapshot');
    expect(pattern.source).toBeTruthy();
  });
  it('resolves nothing where everything is resolved', async () => {
    const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
    expect(await resolveVenue(venue)).toEqual(venue);
  });
});

// VENUEWIRE_WRITE=1 writes it anew, as `npm run schema` does.
describe('schema/venue.schema.json', () => {
  const file = fileURLToPath(new URL('../../schema/venue.schema.json', import.meta.url));
  it('is what the declarations say', () => {
    const wanted = `${JSON.stringify(venueJsonSchema(), null, 2)}\n`;
    if (process.env.VENUEWIRE_WRITE === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
  it('describes every field of a venue', () => {
    const properties = venueJsonSchema().properties as Record<string, { description?: string; const?: unknown }>;
    for (const [name, p] of Object.entries(properties)) {
      if (name !== 'kind' && name !== 'description') expect(p.description, name).toBeTruthy();
    }
  });
});
