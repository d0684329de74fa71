/** docs/robustness.md names tests that there are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(join(root, 'docs/robustness.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what |'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))
  .map(([what = '', file = '', name = '']) => ({ what, file, name }));
const texts = new Map<string, string>();
function textOf(file: string): string {
  let text = texts.get(file);
  if (text === undefined) {
    text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
    texts.set(file, text);
  }
  return text;
}

describe('docs/robustness.md', () => {
  it('has a row for each of many promises, of each kind', () => {
    expect(rows.length).toBeGreaterThan(100);
  });
  it.each(rows)('$what: $file has the test', ({ file, name }) => {
    expect(file).toMatch(/^(test|native\/test)\/\S+_?test\.(ts|cpp)$/);
    // As the name of a test, of a group of tests or of a scenario.
    expect(name.length).toBeGreaterThan(4);
    expect(textOf(file)).toContain(name);
  });
});
