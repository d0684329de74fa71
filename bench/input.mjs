// The benches' input: a generated day of ITCH 5.0 in MoldUDP64, one line, made once and kept in the temporary folder.
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ItchGenerator, VenueHistory, writeCapture } from '../dist/simulator/index.js';

export const GROUP = '233.54.12.111:26477';

/** @returns {{ file: string, messages: number, bytes: number, sha256: string }} */
export function input(messages, seed = 1) {
  const folder = join(tmpdir(), 'venuewire-bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `itch50-${messages}-${seed}.pcap`);
  const about = `${file}.json`;
  if (existsSync(about) && existsSync(file)) return JSON.parse(readFileSync(about, 'utf8'));
  process.stderr.write(`making ${messages} messages …\n`);
  const history = VenueHistory.generate(new ItchGenerator({ seed, symbols: 500, messages }));
  const fd = openSync(`${file}.part`, 'w');
  const hash = createHash('sha256');
  writeCapture(history, { seed, lines: [GROUP] }, (bytes) => {
    writeSync(fd, bytes);
    hash.update(bytes);
  });
  closeSync(fd);
  renameSync(`${file}.part`, file);
  const result = { file, messages, bytes: statSync(file).size, sha256: hash.digest('hex') };
  writeFileSync(about, JSON.stringify(result));
  return result;
}
