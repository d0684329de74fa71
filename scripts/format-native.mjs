// Formats the C++ (or, with --check, says which files are not formatted). One version only, so that everybody's editor
// agrees: clang-format 14. CLANG_FORMAT names another program.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const files = readdirSync(new URL('../native', import.meta.url), { recursive: true })
  .filter((f) => /\.(cpp|hpp)$/.test(f))
  .sort()
  .map((f) => `native/${f}`);
const program = [process.env.CLANG_FORMAT, 'clang-format-14', 'clang-format'].find(
  (p) => p && / 14\./.test(spawnSync(p, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
);
if (!program) {
  console.error(
    'clang-format 14 was not found: install it (Debian: apt-get install clang-format-14) or set CLANG_FORMAT.',
  );
  process.exit(check && !process.env.CI ? 0 : 3);
}
const { status } = spawnSync(program, check ? ['--dry-run', '--Werror', ...files] : ['-i', ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) console.error(`${files.length} C++ files ${check ? 'are formatted' : 'formatted'}`);
process.exit(status ?? 1);
