// YAML from outside: bounded in bytes, values, depth and time, and never repeated in what is said about it.
import { describe, expect, it } from 'vitest';
import { loadVenue } from '../../src/venues/load.js';
import { YAML_LIMITS } from '../../src/venues/yaml.js';

const SECRET = 'HUNTER2PASS';
const failure = async (text: string): Promise<Error & { code: string; hint: string }> => {
  try {
    await loadVenue(text);
  } catch (cause) {
    return cause as never;
  }
  throw new Error('the venue was taken');
};
const everything = (e: Error & { code: string; hint: string }): string => `${e.message}\n${e.hint}\n${e.stack}`;

describe('a secret that is written out', () => {
  it.each([
    `password: |${SECRET}`,
    `password: *${SECRET}`,
    `password: !a!${SECRET} x`,
    `password: !<${SECRET}> x`,
    `password: !${SECRET} x`,
    `password: @${SECRET}`,
    `password: "\\${SECRET}"`,
    `password: "${SECRET}`,
    `password: &${SECRET} &${SECRET} x`,
    `password: '${SECRET}' ${SECRET}`,
    `%${SECRET}\n---\na: b`,
    `? [${SECRET}]\n: c`,
    `? {${SECRET}: a}\n: c`,
    `a: [${SECRET}: b: c]`,
    `a: b\n${SECRET}`,
    `${SECRET}\na: b`,
    `a: b\n\t${SECRET}: c`,
    `a: &x [*x, ${SECRET}]`,
  ])('is not repeated: %s', async (line) => {
    const error = await failure(`kind: VenueConnection\n${line}\n`);
    expect(error.code).toMatch(/^VW_VENUE/);
    expect(error.message).toMatch(/^venue(:\d+:\d+)?: /);
    expect(everything(error)).not.toContain(SECRET);
  });
  it.each([
    `{ type: userPassword, username: env:A, password: ${SECRET} }`,
    `{ type: userPassword, username: env:A, ${SECRET} }`,
    `{ type: userPassword, username: env:A, password: [${SECRET}] }`,
    `{ type: ${SECRET} }`,
    SECRET,
    `[${SECRET}]`,
  ])('is not repeated from the credentials: %s', async (credentials) => {
    const error = await failure(`apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: x }
spec:
  decoder: nasdaq-totalview-itch-5.0
  lines: { A: { type: udpUnicast, address: '0.0.0.0:5000' } }
  recovery:
    - { type: request, pattern: soupbintcp-replay, servers: ['h:1'], credentials: ${credentials} }
`);
    expect(error.code).toBe('VW_VENUE');
    expect(everything(error)).not.toContain(SECRET);
  });
});

describe('a hostile document', () => {
  const repeated = (text: string, bytes: number): string => text.repeat(Math.floor(bytes / text.length));
  const most = YAML_LIMITS.bytes - 64;
  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...[...'bcdefghij'].map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefghij'[i]}`).join(',')}]`),
  ].join('\n');
  it.each([
    ['longer than a declaration can be', `a: ${'x'.repeat(YAML_LIMITS.bytes)}\n`],
    ['half a million brackets', `a:\n${'['.repeat(500_000)}`],
    ['brackets up to the limit', `a:\n${repeated('[', most)}`],
    ['mappings in mappings', `a:\n${repeated('{a: ', most)}`],
    ['lists in lists', `a:\n${repeated('- ', most)}`],
    ['deeper than anything is', `a:\n${Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a${i}:`).join('\n')}`],
    ['references to references to references', laughs],
    ['a reference to itself', 'a: &a [*a]'],
    ['a reference to what it is in', 'a: &a { b: { c: *a } }'],
    ['fifty thousand references', `a: &a 1\nb: [${repeated('*a,', most)}]`],
    ['more values than any venue has', repeated('- 1\n', most)],
    ['anchors alone', `a:\n${repeated('&a ', most)}`],
    ['tags alone', `a:\n${repeated('!a ', most)}`],
    ['commas alone', `a:\n[${repeated(',', most)}`],
    ['quotes alone', `a:\n${repeated('"', most)}`],
    ['documents alone', `a:\n${repeated('---\n', most)}`],
    ['a key twice', 'apiVersion: a\napiVersion: b\n'],
  ])('is refused by a code, soon: %s', async (_, text) => {
    const began = performance.now();
    expect((await failure(text)).code).toMatch(/^VW_VENUE/);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  // On the code of before: 4.7 s for 500, 116 s for 8,000, a third of a second for each further thousand here.
  it.each([500, 8_000])('of %i unknown keys costs what reading them costs', async (count) => {
    const keys = Array.from({ length: count }, (_, i) => `unknown${i}: 1`).join('\n');
    const began = process.cpuUsage();
    const error = await failure(`spec: {}\n${keys}\n`);
    const { user, system } = process.cpuUsage(began);
    expect(error.code).toBe('VW_VENUE');
    expect(error.message.split('\n').length).toBeLessThan(25);
    expect(error.message).toMatch(/… and \d+ more places/);
    expect((user + system) / 1e6).toBeLessThan(4);
  });
  it('has long keys cut short', async () => {
    const error = await failure(`spec: {}\n${'k'.repeat(1000)}: 1\n`);
    expect(error.message).toContain('kkk…');
    expect(error.message.length).toBeLessThan(2000);
  });
  it('changes nothing through __proto__', async () => {
    await failure('spec: { __proto__: { polluted: true } }\n__proto__: { polluted: true }\n');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('the form of before metadata and spec', () => {
  const FLAT = `name: nasdaq
decoder: nasdaq-totalview-itch-5.0
lines:
  A: { type: udpMulticast, address: '233.54.12.111:26477' }
`;
  it('is refused with a code and shown the new form, with its own keys', async () => {
    const error = await failure(FLAT);
    expect(error.code).toBe('VW_VENUE_FLAT');
    expect(error.hint).toContain(
      [
        'apiVersion: venuewire.io/v1alpha1',
        'kind: VenueConnection',
        'metadata:',
        '  name: …',
        'spec:',
        '  decoder: …',
        '  lines: …',
      ]
        .map((line) => `    ${line}`)
        .join('\n'),
    );
    expect(everything(error)).not.toContain('233.54');
  });
  it('becomes the new form as the error says', async () => {
    const body = FLAT.split('\n')
      .slice(1)
      .join('\n')
      .replace(/^(?=.)/gm, '  ');
    const venue = await loadVenue(
      `apiVersion: venuewire.io/v1alpha1\nkind: VenueConnection\nmetadata:\n  name: nasdaq\nspec:\n${body}`,
    );
    expect(venue.name).toBe('nasdaq');
  });
  it.each([
    ['Upper', 'must be lower-case letters'],
    ['a_b', 'must be lower-case letters'],
  ])('has a name that a cluster would take: %s', async (name, says) => {
    expect((await failure(`metadata: { name: ${name} }\nspec: {}\n`)).message).toContain(says);
  });
});
