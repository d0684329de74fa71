import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configuredVerbs, manualPage } from '../../src/cli/completion.js';
import { verbs } from '../../src/cli/verbs.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const completed = (...words: string[]): string[] => {
  const line = words.map((w) => `'${w}'`).join(' ');
  const script = `source <("$0" dist/cli/main.js completion bash); COMP_WORDS=(venuewire ${line}); COMP_CWORD=${words.length}; _venuewire; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, process.execPath], { cwd: root, encoding: 'utf8' }).trim().split('\n');
};

describe('the completion of a shell', () => {
  it('knows the verbs, the options of each, and their choices', () => {
    expect(completed('')).toEqual(verbs.map((v) => v.name));
    expect(completed('decode', '--pri')).toEqual(['--prices']);
    expect(completed('decode', '--prices', '')).toEqual(['raw', 'text']);
  });
  it('takes files where no option is begun', () => {
    expect(completed('decode', 'package-l')).toEqual(['package-lock.json']);
  });
});

it('the manual page is what the command line says of itself (node scripts/man.mjs)', async () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  expect(readFileSync(`${root}docs/venuewire.1`, 'utf8')).toBe(manualPage(await configuredVerbs(), version));
});
