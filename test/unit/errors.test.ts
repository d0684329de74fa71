import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FAST_ERROR } from '../../src/contract.js';
import { ERRORS, type ErrorCode, isErrorCode, remedyOf, VenuewireError } from '../../src/errors.js';
import { nativeError } from '../../src/native.js';

const root = new URL('../../', import.meta.url);

/** Every code that the sources of a folder use, comments aside, with the files that have it. */
function codesIn(folder: string, files: RegExp): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const name of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })) {
    if (!files.test(name) || /^(test|fuzz)\//.test(name)) continue;
    const path = `${folder}${name}`;
    if (path === 'src/errors.ts') continue;
    const code = readFileSync(new URL(path, root), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
    for (const [name] of code.matchAll(/VW_[A-Z0-9]+(?:_[A-Z0-9]+)*(?![A-Z0-9_…])/g)) {
      found.set(name, (found.get(name) ?? new Set()).add(path));
    }
  }
  return found;
}

const used = new Map([...codesIn('src/', /\.ts$/), ...codesIn('native/', /\.(cpp|hpp)$/)]);
/** Codes that are put together from a name. */
const composed = (code: string): boolean => /^VW_(FAST|FIX)_/.test(code);

describe('the table of errors', () => {
  test('has every code that TypeScript or C++ uses', () => {
    const missing = [...used].filter(([code]) => !isErrorCode(code)).map(([code, files]) => `${code}: ${[...files]}`);
    expect(missing).toEqual([]);
  });

  test('has no code that nothing uses', () => {
    expect(Object.keys(ERRORS).filter((code) => !used.has(code) && !composed(code))).toEqual([]);
  });

  test('has every error that the native FAST decoder can tell', () => {
    const missing = FAST_ERROR.filter((name) => name !== 'none' && !isErrorCode(`VW_FAST_${name}`));
    expect(missing).toEqual([]);
  });

  test.each(Object.keys(ERRORS) as ErrorCode[])('%s says its cause and what to do', (code) => {
    for (const text of ERRORS[code]) expect(text).toMatch(/^.{10,}[.:]?/);
    expect(remedyOf(code)).toBe(ERRORS[code][1]);
  });

  test('codes are literals: another one does not compile', () => {
    // @ts-expect-error no such code
    expect(new VenuewireError('VW_NONE_SUCH', '', '').code).toBe('VW_NONE_SUCH');
  });

  test('what native code tells gets what to do about it', () => {
    const told = nativeError({ code: 'VW_LINE_OPEN', message: 'Line A could not be opened' });
    expect([told.code, told.message, told.hint]).toEqual([
      'VW_LINE_OPEN',
      'Line A could not be opened',
      remedyOf('VW_LINE_OPEN'),
    ]);
    expect(nativeError(null).code).toBe('VW_FEED');
    expect(nativeError({ code: 'ENOENT', message: 'no' }).code).toBe('VW_FEED');
  });
});
