// What a Mach-O library is made for, needs and offers, read from its load commands (Apple's <mach-o/loader.h> and
// <mach-o/nlist.h>): what can be said of a binary for macOS where there is no Mac.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAGIC_64 = 0xfeedfacf;
const PROCESSORS = { 16777223: 'x64', 16777228: 'arm64' };
const LIBRARY_KINDS = { 6: 'dylib', 8: 'bundle' };
const MACOS = 1;
const SYMTAB = 0x2;
const LOADED = new Set([0xc, 0x80000018, 0x8000001f]); // LC_LOAD_DYLIB, …WEAK, LC_REEXPORT_DYLIB
const CODE_SIGNATURE = 0x1d;
const MINIMUM = 0x24; // LC_VERSION_MIN_MACOSX
const BUILD_VERSION = 0x32;
const NLIST_BYTES = 16;
/** Library ordinals of a symbol's description: how the loader looks it up. */
const DYNAMIC_LOOKUP = 0xfe;

const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
const text = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));

function symbols(bytes, at, libraries) {
  const [table, count, strings] = [8, 12, 16].map((o) => bytes.readUInt32LE(at + o));
  const exported = [];
  const needed = [];
  for (let n = 0; n < count; n++) {
    const entry = table + n * NLIST_BYTES;
    const kind = bytes[entry + 4];
    const description = bytes.readUInt16LE(entry + 6);
    const name = text(bytes, strings + bytes.readUInt32LE(entry)).replace(/^_/, '');
    const external = (kind & 0x01) !== 0 && (kind & 0x10) === 0 && (kind & 0xe0) === 0; // and neither private nor for debuggers
    if (!external) continue;
    const ordinal = description >>> 8;
    if ((kind & 0x0e) === 0) needed.push({ name, from: ordinal === DYNAMIC_LOOKUP ? 'host' : libraries[ordinal - 1] });
    else exported.push(name);
  }
  return { exported: exported.sort(), needed: needed.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/**
 * `needed` names for each symbol the library that has it; `host`: whoever loads this one (Node).
 * @throws Error where it is no library for macOS.
 */
export function readMachO(file) {
  const bytes = readFileSync(file);
  if (bytes.length < 32 || bytes.readUInt32LE(0) !== MAGIC_64) throw new Error(`${file} is no 64-bit Mach-O file`);
  const kind = LIBRARY_KINDS[bytes.readUInt32LE(12)];
  if (kind === undefined) throw new Error(`${file} is neither a library nor a bundle`);
  const made = { arch: PROCESSORS[bytes.readUInt32LE(4)], kind, minimum: undefined, signed: false, libraries: [] };
  let symtab;
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at);
    if (LOADED.has(command)) made.libraries.push(text(bytes, at + bytes.readUInt32LE(at + 8)));
    else if (command === CODE_SIGNATURE) made.signed = true;
    else if (command === MINIMUM) made.minimum = version(bytes.readUInt32LE(at + 8));
    else if (command === BUILD_VERSION && bytes.readUInt32LE(at + 8) === MACOS)
      made.minimum = version(bytes.readUInt32LE(at + 12));
    else if (command === SYMTAB) symtab = at;
    at += bytes.readUInt32LE(at + 4);
  }
  return { ...made, ...(symtab === undefined ? { exported: [], needed: [] } : symbols(bytes, symtab, made.libraries)) };
}

const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const SYSTEM = '/usr/lib/libSystem.B.dylib';
/** What Node exports to addons: Node-API, and the functions of libuv that the doorbell declares. */
const HOST = /^(napi|node_api|uv)_/;
/** What the addon may ask of the system: each is in macOS since before the minimum. */
const known = () =>
  new Set(
    readFileSync(fileURLToPath(new URL('macos-symbols.txt', import.meta.url)), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  );

/** What is wrong with an addon for macOS, in sentences; nothing: Node there should load it. */
export function machOProblems(file, { arch, minimum }) {
  const made = readMachO(file);
  const problems = [];
  const expect = (good, what) => good || problems.push(what);
  expect(made.arch === arch, `made for ${made.arch}`);
  expect(made.minimum === minimum, `needs macOS ${made.minimum}`);
  expect(made.signed || arch !== 'arm64', 'has no signature, and this processor refuses it');
  const libraries = made.libraries.filter((name) => name !== SYSTEM);
  expect(libraries.length === 0, `needs ${libraries.join(', ')}`);
  expect(ENTRIES.join() === made.exported.join(), `offers ${made.exported.join(', ')}`);
  const system = known();
  const strange = made.needed.filter(({ name, from }) => (from === 'host' ? !HOST.test(name) : !system.has(name)));
  expect(strange.length === 0, `asks ${strange.map(({ name, from }) => `${from} for ${name}`).join(', ')}`);
  expect(made.needed.length > 0, 'asks for nothing');
  return problems;
}
