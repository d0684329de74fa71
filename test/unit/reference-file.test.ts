/** Reference files over connections that break, servers that lie, and files that change; real servers: test/services/files.test.ts. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fetchReferenceFile } from '../../src/files.js';
import {
  final,
  ReferenceFile,
  type ReferenceFileOptions,
  type RemoteFiles,
} from '../../src/transports/reference-file.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const CONTENT = randomBytes(100_000);
const PIECE = 10_000;
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
let n = 0;

interface Server {
  content: Buffer;
  modifiedMs: number;
  /** Bytes that each connection brings before it breaks; then all. */
  breaks: number[];
  told?: number;
  readonly from: number[];
}

function fetching(server: Partial<Server>, more: Partial<ReferenceFileOptions> = {}) {
  const into = more.into ?? join(folder, `file-${++n}`);
  const s: Server = { content: CONTENT, modifiedMs: 5, breaks: [], from: [], ...server };
  const connect = async (): Promise<RemoteFiles> => {
    let isClosed = false;
    return {
      stat: async () => ({ size: s.told ?? s.content.length, modifiedMs: s.modifiedMs }),
      read: async (_path, from, take) => {
        s.from.push(from);
        let left = s.breaks.shift() ?? Number.POSITIVE_INFINITY;
        for (let at = from; at < s.content.length; at += PIECE, left -= PIECE) {
          if (left < PIECE || isClosed) throw new Error('reset by peer');
          await take(s.content.subarray(at, at + PIECE));
        }
      },
      close: () => {
        isClosed = true;
      },
    };
  };
  const options = { url: 'sftp://host/file', into, restMs: 1, ...more };
  return { into, server: s, fetch: () => new ReferenceFile(options, '/file', 'sftp://host', connect).fetch() };
}

it('a file that breaks off goes on where it ended, and is whole', async () => {
  const { into, server, fetch } = fetching(
    { breaks: [30_000, 20_000] },
    { checksum: { algorithm: 'sha256', value: sha256 } },
  );
  expect(await fetch()).toEqual({ size: CONTENT.length, modifiedMs: 5 });
  expect(server.from).toEqual([0, 30_000, 50_000]);
  expect(readFileSync(into).equals(CONTENT)).toBe(true);
  expect(existsSync(`${into}.part`) || existsSync(`${into}.part.json`)).toBe(false);
});

it('what did not come is kept, and the next call goes on behind it', async () => {
  const first = fetching({ breaks: [40_000] }, { tries: 1 });
  await expect(first.fetch()).rejects.toMatchObject({ code: 'VW_FILE_TRANSFER' });
  expect(existsSync(first.into)).toBe(false);
  const second = fetching({}, { into: first.into });
  await second.fetch();
  expect([second.server.from, readFileSync(first.into).equals(CONTENT)]).toEqual([[40_000], true]);
});

it('a file that has changed meanwhile begins anew: two files are never mixed', async () => {
  const first = fetching({ breaks: [40_000] }, { tries: 1 });
  await expect(first.fetch()).rejects.toThrow();
  const content = randomBytes(CONTENT.length);
  const second = fetching({ content, modifiedMs: 6 }, { into: first.into });
  await second.fetch();
  expect([second.server.from, readFileSync(first.into).equals(content)]).toEqual([[0], true]);
});

it('a part that was cut off by a crash, or is longer than the file, is not trusted', async () => {
  const { into, fetch, server } = fetching({});
  writeFileSync(`${into}.part`, Buffer.alloc(CONTENT.length + 1));
  writeFileSync(`${into}.part.json`, JSON.stringify({ size: CONTENT.length, modifiedMs: 5 }));
  await fetch();
  expect([server.from, readFileSync(into).equals(CONTENT)]).toEqual([[0], true]);
});

it.each([
  ['a wrong checksum', {}, { checksum: { algorithm: 'sha256' as const, value: '00' } }, 'VW_FILE_CHECKSUM'],
  ['a file that is too large', {}, { most: 99_999 }, 'VW_FILE_SIZE'],
  ['a server that sends more than it told', { told: 50_000 }, { tries: 2 }, 'VW_FILE_TRANSFER'],
  ['a server that sends less than it told', { told: 100_001 }, { tries: 2 }, 'VW_FILE_TRANSFER'],
])('%s is refused, and no file has the name', async (_, server, more, code) => {
  const { into, fetch } = fetching(server, more);
  await expect(fetch()).rejects.toMatchObject({ code });
  expect(existsSync(into)).toBe(false);
});

it('a refusal is not tried again', async () => {
  let tried = 0;
  const file = new ReferenceFile({ url: 'sftp://host/f', into: join(folder, 'x') }, '/f', 'sftp://host', async () => {
    tried++;
    throw final('VW_FILE_LOGIN', 'no');
  });
  await expect(file.fetch()).rejects.toMatchObject({ code: 'VW_FILE_LOGIN' });
  expect(tried).toBe(1);
});

it('one can give up', async () => {
  const stop = new AbortController();
  const { fetch } = fetching({}, { signal: stop.signal, progress: () => stop.abort() });
  await expect(fetch()).rejects.toThrow();
});

it.each([
  ['nonsense', /no address/],
  ['http://host/file', /no kind/],
  ['ftp://host/file', /clear/],
  ['sftp://user:secret@host/file', /login/],
])('the address %s is refused', async (url, says) => {
  const error = await fetchReferenceFile({ url, into: join(folder, 'never') }).catch((e: Error) => e);
  expect(error).toMatchObject({ code: 'VW_FILE_URL', message: expect.stringMatching(says) });
  expect((error as Error).message).not.toContain('secret');
});

it('SFTP without a key of the server is refused', async () => {
  const fetch = fetchReferenceFile({ url: 'sftp://127.0.0.1:1/file', into: join(folder, 'never') });
  await expect(fetch).rejects.toMatchObject({ code: 'VW_FILE_HOST_KEY' });
});
