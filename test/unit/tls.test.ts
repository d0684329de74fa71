/** TLS of lines and servers: what is declared is done, and whoever is not the venue is not talked to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { itch50 } from '../../src/decoders/itch50.js';
import type { VenuewireError } from '../../src/errors.js';
import type { Feed } from '../../src/feed/feed.js';
import { openFeed } from '../../src/feed/open.js';
import { defineVenue, stream, tls, type Venue } from '../../src/patterns/index.js';
import type { Protection } from '../../src/patterns/security.js';
import { splitEndpoint } from '../../src/patterns/units.js';
import { StreamDigest } from '../../src/simulator/digest.js';
import { VenueHistory } from '../../src/simulator/history.js';
import { Authority, type Issued } from '../../src/simulator/internet/authority.js';
import { makeCertificate } from '../../src/simulator/internet/certificate.js';
import { ItchGenerator } from '../../src/simulator/itch-generator.js';
import { LoopbackServer } from '../../src/simulator/loopback-server.js';
import { Random } from '../../src/simulator/random.js';
import { SIMULATED_USERS, simulatedCredentials } from '../../src/simulator/scenario.js';
import { SoupBinTcpServer } from '../../src/simulator/soup-bin-tcp.js';
import { VenueState } from '../../src/simulator/venue-state.js';
import { checkArranged, type Machine } from '../../src/transports/arranged.js';
import { soupbintcpFeed } from '../../src/venues/patterns/streams.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
/** A reference to a file with that text. */
const kept = (text: string, path = join(folder, `${++files}.pem`)): string => {
  writeFileSync(path, text);
  return `file:${path}`;
};

const authority = new Authority();
const good = authority.issue();
const ca = kept(authority.cert);
const history = VenueHistory.generate(new ItchGenerator({ seed: 5, symbols: 3, messages: 400 }));
let day: LoopbackServer<SoupBinTcpServer>;
beforeAll(async () => {
  const state = new VenueState(history);
  state.next = history.next;
  day = new LoopbackServer(
    new SoupBinTcpServer(state, new Random(3), { users: SIMULATED_USERS, faults: {}, burst: 64 }),
  );
  await day.start();
});
afterAll(() => day.stop());

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

interface Front {
  readonly address: string;
  /** What came inside of TLS. */
  readonly heard: Buffer[];
  readonly from: (string | undefined)[];
  readonly server: ReturnType<typeof createTlsServer>;
}

/** TLS in front of the SoupBinTCP server. */
async function front(options: TlsOptions): Promise<Front> {
  const { host, port } = splitEndpoint(day.address);
  const heard: Buffer[] = [];
  const from: (string | undefined)[] = [];
  const open = new Set<Socket>();
  const server = createTlsServer(options, (outer: TLSSocket) => {
    from.push(outer.remoteAddress);
    const inner = connectTcp(port, host);
    for (const socket of [outer, inner]) {
      open.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          outer.destroy();
          inner.destroy();
        });
    }
    outer.on('data', (bytes: Buffer) => heard.push(bytes));
    outer.pipe(inner).pipe(outer);
  });
  server.on('tlsClientError', () => {});
  stops.push(() => open.forEach((socket) => void socket.destroy()));
  return { address: await listening(server), heard, from, server };
}

const venue = (address: string, security: readonly object[]): Venue<typeof itch50> =>
  defineVenue({
    name: 'day',
    decoder: itch50,
    framing: 'moldudp64',
    join: 'beginning',
    streams: { A: stream(soupbintcpFeed, { servers: [address], credentials: simulatedCredentials() }) },
    security: security as Protection[],
  }) as Venue<typeof itch50>;

/** Reads the whole day; its digest. */
async function digestOf(feed: Feed<typeof itch50>): Promise<StreamDigest['value']> {
  const digest = new StreamDigest();
  const { view } = feed.ring;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = (m: { $at: number; $length: number }, at: { sequence: number }): void => {
    digest.add(at.sequence, bytes, m.$at, m.$length);
    if (at.sequence === history.next - 1) feed.close();
  };
  feed.on('connectionError', (error) => {
    feed.close();
    throw error;
  });
  await feed.run(Object.fromEntries(itch50.names.map((name) => [name, take])));
  return digest.value;
}

/** The error by which a connection does not come about. */
async function refusal(
  of: Venue<typeof itch50>,
): Promise<{ error: VenuewireError; reasons: string[]; logged: string[] }> {
  const logged: string[] = [];
  const line = (text: string): void => void logged.push(text);
  const feed = await openFeed(of, { logger: { info: line, warn: line } });
  const reasons: string[] = [];
  let found: VenuewireError | undefined;
  feed.on('recoveryFailed', (n) => {
    reasons.push(n.reason);
    if (found !== undefined) feed.close();
  });
  feed.on('connectionError', (error, target) => {
    expect(target.name).toBe('A');
    found ??= error;
    if (reasons.length > 0) feed.close();
  });
  await feed.run();
  return { error: found as VenuewireError, reasons, logged };
}

describe('TLS that is declared', () => {
  const tlsBy = (more: object = {}): object => ({ type: 'tls', ca, ...more });

  it('is done without a transport being given, and brings what TCP brings', async () => {
    const { address, heard } = await front(good);
    expect(await digestOf(await openFeed(venue(address, [tlsBy()])))).toBe(history.digest());
    expect(Buffer.concat(heard).subarray(2, 3).toString()).toBe('L');
  });

  it('has TLS 1.3 as its least version where that is asked for', async () => {
    const { address } = await front({ ...good, maxVersion: 'TLSv1.2' });
    expect(await digestOf(await openFeed(venue(address, [tlsBy()])))).toBe(history.digest());
    const { error } = await refusal(venue(address, [tlsBy({ minimum: 'TLSv1.3' })]));
    expect(error.code).toBe('VW_TLS_VERSION');
  });

  it('asks for the name of the certificate (SNI), which need not be the address', async () => {
    const asked: string[] = [];
    const { address } = await front({
      ...authority.issue({ names: ['venue.example'] }),
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    expect(await digestOf(await openFeed(venue(address, [tlsBy({ serverName: 'venue.example' })])))).toBe(
      history.digest(),
    );
    expect(asked).toEqual(['venue.example']);
  });

  it('is for lines too: those of type tls, and tcp lines of a venue with security', async () => {
    const packets = Buffer.concat(
      Array.from({ length: history.length }, (_, i) => {
        const message = history.message(history.first + i);
        const head = Buffer.from([0, 0, 0x53]);
        head.writeUInt16BE(message.length + 1);
        return Buffer.concat([head, message]);
      }),
    );
    const open: Socket[] = [];
    const server = createTlsServer(good, (socket) => {
      open.push(socket.on('error', () => {}));
      socket.end(packets);
    });
    stops.push(() => open.forEach((s) => void s.destroy()));
    const address = await listening(server);
    const line = (network: object, security: object[]) =>
      defineVenue({
        ...{ name: 'day', decoder: itch50, framing: 'soupbintcp', join: 'beginning' },
        ...{ lines: { A: network }, security },
      } as never) as Venue<typeof itch50>;
    const declared = [tls(address, { serverName: 'localhost' }), tls(address), { type: 'tcp', address }];
    for (const network of declared)
      expect(await digestOf(await openFeed(line(network, [tlsBy()])))).toBe(history.digest());
  });

  it('shows our certificate where both sides do, and takes a renewed one at the next connection', async () => {
    const ours = authority.issue({ names: ['client'] });
    const [certificate, key] = [join(folder, 'client.pem'), join(folder, 'client.key')];
    kept(ours.cert, certificate);
    kept(ours.key, key);
    const serials: string[] = [];
    const { address, server } = await front({
      ...good,
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.cert,
    });
    server.on('secureConnection', (s) => void serials.push(s.getPeerCertificate().serialNumber));
    const mutual = venue(address, [{ type: 'mutualTls', ca, certificate: `file:${certificate}`, key: `file:${key}` }]);
    expect(await digestOf(await openFeed(mutual))).toBe(history.digest());
    const renewed = authority.issue({ names: ['client'] });
    kept(renewed.cert, certificate);
    kept(renewed.key, key);
    expect(await digestOf(await openFeed(mutual))).toBe(history.digest());
    expect(serials.map((s) => Number.parseInt(s, 16))).toEqual([ours.serial, renewed.serial]);
  });

  it('looks every certificate up in the revocation list', async () => {
    const list = kept(authority.revocationList([100]));
    const { address } = await front(good);
    expect(await digestOf(await openFeed(venue(address, [tlsBy({ revocationList: list })])))).toBe(history.digest());
  });

  const own = makeCertificate();
  const revoked = authority.issue();
  const old: TlsOptions = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  const wantsOurs: TlsOptions = { ...good, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  const stranger = new Authority('another').issue({ names: ['client'] });
  const showing = (identity: Issued): object => ({
    ...{ type: 'mutualTls', ca, certificate: kept(identity.cert), key: kept(identity.key) },
  });
  it.each<readonly [string, TlsOptions, object, string, RegExp]>([
    ['has expired', authority.issue({ from: -3, until: -1 }), tlsBy(), 'VW_TLS_EXPIRED', /clock|renew/],
    ['is not good yet', authority.issue({ from: 1, until: 3 }), tlsBy(), 'VW_TLS_EXPIRED', /clock/],
    ['is of another name', authority.issue({ names: ['else.example'] }), tlsBy(), 'VW_TLS_NAME', /serverName/],
    ['is signed by itself', own, tlsBy(), 'VW_TLS_UNTRUSTED', /`ca`/],
    ['is signed by somebody else', new Authority().issue(), tlsBy(), 'VW_TLS_UNTRUSTED', /`ca`/],
    ['is trusted by no public root', good, { type: 'tls' }, 'VW_TLS_UNTRUSTED', /`ca`/],
    [
      'has been revoked',
      revoked,
      tlsBy({ revocationList: kept(authority.revocationList([revoked.serial])) }),
      'VW_TLS_REVOKED',
      /ask the venue/,
    ],
    [
      'cannot be looked up: the list is too old',
      good,
      tlsBy({ revocationList: kept(authority.revocationList([], -1)) }),
      'VW_TLS_REVOCATION_LIST',
      /present list/,
    ],
    [
      'cannot be looked up: the list is somebody else’s',
      good,
      tlsBy({ revocationList: kept(new Authority('another').revocationList([])) }),
      'VW_TLS_REVOCATION_LIST',
      /present list/,
    ],
    ['comes by TLS 1.0 or 1.1 only', old, tlsBy(), 'VW_TLS_VERSION', /TLS 1.2/],
    ['is good, and ours is missing', wantsOurs, tlsBy(), 'VW_TLS_CLIENT', /mutualTls/],
    [
      'is good, and ours is missing (TLS 1.2)',
      { ...wantsOurs, maxVersion: 'TLSv1.2' },
      tlsBy(),
      'VW_TLS_CLIENT',
      /mutualTls/,
    ],
    ['is good, and ours is signed by a stranger', wantsOurs, showing(stranger), 'VW_TLS_CLIENT', /registered/],
    [
      'is good, and our key is another certificate’s',
      wantsOurs,
      { type: 'mutualTls', ca, certificate: kept(good.cert), key: kept(stranger.key) },
      'VW_TLS_FILE',
      /key that belongs/,
    ],
    [
      'is good, and the file of ours is not there',
      wantsOurs,
      { ...showing(stranger), key: 'file:/none.pem' },
      'VW_CREDENTIAL_MISSING',
      /PEM/,
    ],
  ])('is refused when the certificate %s, and nothing goes out', async (_, server, security, code, remedy) => {
    const { address, heard } = await front(server);
    const { error, reasons, logged } = await refusal(venue(address, [security]));
    // A server of TLS 1.3 says no behind the handshake, or goes without a word: a login has gone out, to whom the certificate names.
    if (code === 'VW_TLS_CLIENT') expect(['VW_TLS_CLIENT', 'VW_TLS_ENDED']).toContain(error.code);
    else {
      expect(error.code).toBe(code);
      expect(reasons[0]).toBe('wrongPeer');
      expect(heard).toEqual([]);
    }
    expect(error.hint).toMatch(remedy);
    expect(error.message).toMatch(code === 'VW_CREDENTIAL_MISSING' ? 'none.pem' : address);
    const secrets = Object.values(SIMULATED_USERS).map(String);
    const shown = inspect(error, { depth: 9 }) + JSON.stringify(error) + logged.join('\n');
    for (const secret of [...secrets, stranger.key.split('\n')[1] as string]) expect(shown).not.toContain(secret);
    expect(logged.filter((text) => text.includes(error.code)).length).toBe(1);
  });

  it('is refused by a server that does not speak it: nothing goes out in clear', async () => {
    const heard: Buffer[] = [];
    const address = await listening(
      createServer((socket) => {
        socket.on('error', () => {});
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.on('data', (bytes) => heard.push(bytes));
      }),
    );
    const { error } = await refusal(venue(address, [{ type: 'tls', ca }]));
    expect(error.code).toBe('VW_TLS_NONE');
    expect(heard.every((bytes) => bytes[0] === 0x16)).toBe(true); // handshake records (RFC 8446)
  });
});

describe('what is arranged outside', () => {
  const machine = (routes?: string): Machine => ({
    interfaces: () => ({ lo: [{ address: '127.0.0.1' }], tun0: [{ address: '10.8.0.2' }], tun1: [] }),
    routes: () => routes,
  });
  /** As the kernel prints them: the default route, and 10.20.0.0/16 by tun0. */
  const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t0000140A\t0100080A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0
tun0\t00001E0A\t0100080A\t0002\t0\t0\t0\t0000FFFF\t0\t0\t0
`;
  const check = (p: object) => () => checkArranged('v', [p as Protection], machine(ROUTES));

  it.each([
    ['its interface', { interface: 'tun0' }],
    ['a network behind it', { route: '10.20.0.0/16' }],
    ['an address behind it, by its interface', { interface: 'tun0', route: '10.20.3.4' }],
  ])('a VPN is up: %s', (_, p) => expect(check({ type: 'vpn', ...p })).not.toThrow());
  it.each([
    ['no such interface', { interface: 'tun7' }],
    ['an interface without an address', { interface: 'tun1' }],
    ['only the default route', { route: '10.21.0.0/16' }],
    ['a larger network than the route', { route: '10.0.0.0/8' }],
    ['a route by another interface', { interface: 'lo', route: '10.20.0.0/16' }],
    ['a route that is down', { route: '10.30.0.0/16' }],
  ])('a VPN is not up: %s', (_, p) =>
    expect(check({ type: 'vpn', ...p })).toThrow(expect.objectContaining({ code: 'VW_SECURITY_VPN' })),
  );
  it('a VPN that is down opens no feed', async () => {
    const down = venue('127.0.0.1:1', [{ type: 'vpn', interface: 'no-such-tunnel' }]);
    await expect(openFeed(down)).rejects.toMatchObject({ code: 'VW_SECURITY_VPN' });
  });

  it('the address of an allow list must be one of this machine', async () => {
    const none = venue('127.0.0.1:1', [{ type: 'sourceAllowList', address: '198.51.100.7' }]);
    await expect(openFeed(none)).rejects.toMatchObject({ code: 'VW_SECURITY_ADDRESS' });
  });
  it('… and is where connections inside TLS come from', async () => {
    const { address, from } = await front(good);
    const set = [
      { type: 'tls', ca },
      { type: 'sourceAllowList', address: '127.0.0.9' },
    ];
    expect(await digestOf(await openFeed(venue(address, set)))).toBe(history.digest());
    expect(from).toEqual(['127.0.0.9']);
  });
});
