import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Findings, framingsFor, Messages } from '../../src/capture/messages.js';
import { Capture } from '../../src/capture/packets.js';
import { findDecoder } from '../../src/decoders/registry.js';
import { Digests } from '../../src/layout/digests.js';
import { compileCatalogue } from '../../src/layout/index.js';
import { native } from '../../src/native.js';
import { FIXTURES, mapped, root, there } from './shared-captures.js';

/** The messages of a capture, each behind its length: what the native walk reads. */
async function messagesOf(file: string, id: string): Promise<{ bytes: Uint8Array; count: number } | undefined> {
  const decoder = await findDecoder(id)?.load();
  if (decoder === undefined) return undefined;
  let all = Buffer.alloc(1 << 16);
  let end = 0;
  let count = 0;
  const framing = framingsFor(decoder, undefined);
  const messages = new Messages(
    decoder,
    framing,
    new Findings(() => {}),
    ({ view, length }) => {
      if (end + 4 + length > all.length) {
        const more = Buffer.alloc(2 * (end + 4 + length));
        all.copy(more);
        all = more;
      }
      all.writeUInt32LE(length, end);
      all.set(new Uint8Array(view.$data.buffer, view.$data.byteOffset + view.$at, length), end + 4);
      end += 4 + length;
      count++;
    },
    undefined,
  );
  if (file.endsWith('.dump')) {
    // The payload of one packet, without the packet.
    const bytes = readFileSync(file);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const about = { number: 1, time: 0n, source: '', destination: '', destinationPort: 0, truncated: false };
    messages.packet({ ...about, transport: 'udp', view } as unknown as Parameters<Messages['packet']>[0]);
  } else {
    await new Capture(file).read((p) => messages.packet(p));
    messages.finish();
  }
  return { bytes: Uint8Array.from(all.subarray(0, end)), count };
}

async function compare(file: string, id: string): Promise<number> {
  const found = await messagesOf(file, id);
  const decoder = await findDecoder(id)?.load();
  if (found === undefined || decoder === undefined) return 0;
  const { bytes } = found;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const own = new Digests(decoder);
  for (let at = 0; at < bytes.length; ) {
    const length = data.getUint32(at, true);
    own.add(data, at + 4, length);
    at += 4 + length;
  }
  const core = native().digest(compileCatalogue(decoder), bytes);
  expect({ file, ...core }).toEqual({
    file,
    digest: own.value,
    messages: own.messages,
    malformed: own.malformed,
    unknown: own.unknown,
  });
  return own.messages;
}

describe('two executions, one result', () => {
  it.each(FIXTURES)('%s: the TypeScript walk and the native walk see the same', async (name, id) => {
    expect(await compare(join(root, 'fixtures', name), id)).toBeGreaterThan(0);
  });

  it.skipIf(!there)(
    'every capture that the map names: the TypeScript walk and the native walk see the same',
    async () => {
      let files = 0;
      let messages = 0;
      const none: string[] = [];
      for (const { file, path, id } of mapped()) {
        const seen = await compare(file, id);
        if (seen === 0) none.push(path);
        files++;
        messages += seen;
      }
      console.log(`${files} captures, ${messages} messages, one digest each; without a message: ${none.length}`);
      expect(files).toBeGreaterThan(200);
    },
    600_000,
  );
});
