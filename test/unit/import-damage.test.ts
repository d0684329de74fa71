import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { VenuewireError } from '../../src/errors.js';
import { decoderFromFast, decoderFromSbe, readFixXml, tableText } from '../../src/import.js';
import { compileCatalogue } from '../../src/layout/index.js';
import { EXAMPLE } from './import-sbe-example.js';

const RUNS = 8 * Number(process.env.VENUEWIRE_RUNS ?? 60);
const FAST = readFileSync(fileURLToPath(new URL('../../bench/decoders/fast-example.xml', import.meta.url)), 'utf8');
const FIX = `<fix type="FIX" major="4" minor="4"><header><field name="A"/></header><trailer/>
  <messages><message name="M" msgtype="M"><component name="C"/><group name="G"><field name="A"/></group></message></messages>
  <components><component name="C"><field name="B"/></component></components>
  <fields><field number="1" name="A" type="INT"/><field number="2" name="B" type="DATA"/><field number="3" name="G" type="NUMINGROUP"/></fields></fix>`;

/** Words of the document in each other's places, characters lost: what is still XML is seldom what it was. */
function damaged(xml: string, random: (n: number) => number): string {
  const words = xml.match(/[A-Za-z0-9_.-]+/g) as string[];
  let out = xml;
  for (let k = 1 + random(3); k > 0; k--) {
    const word = words[random(words.length)] as string;
    const others = [words[random(words.length)] as string, '', '-1', '99999999999', '__proto__', 'constructor', 'x'];
    const found = [...out.matchAll(new RegExp(`\\b${word.replace(/[.]/g, '\\.')}\\b`, 'g'))];
    const at = found[random(Math.max(1, found.length))]?.index;
    if (at === undefined) continue;
    if (random(12) === 0) out = out.slice(0, at) + out.slice(at + 1);
    else out = out.slice(0, at) + (others[random(others.length)] as string) + out.slice(at + word.length);
  }
  return out;
}

type Reader = readonly [xml: string, read: (xml: string) => void];
const READERS: Readonly<Record<string, Reader>> = {
  SBE: [
    EXAMPLE,
    (xml) => {
      const decoder = decoderFromSbe(xml);
      compileCatalogue(decoder);
      tableText(decoder);
    },
  ],
  FAST: [FAST, (xml) => void decoderFromFast(xml)],
  FIX: [FIX, (xml) => void readFixXml(xml)],
};

describe('damaged documents', () => {
  it.each(Object.keys(READERS))('%s: nothing but coded errors', (name) => {
    const [xml, read] = READERS[name] as Reader;
    let seed = Number(process.env.VENUEWIRE_SEED ?? 2026);
    const random = (n: number): number => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return (seed >>> 0) % n;
    };
    read(xml);
    let refused = 0;
    for (let i = 0; i < RUNS; i++) {
      const text = damaged(xml, random);
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof VenuewireError)) throw new Error(`${String(error)} for\n${text}`, { cause: error });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});
