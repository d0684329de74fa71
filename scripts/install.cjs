// Run by `npm install` of the package: nothing to do where a binary fits, else the addon is compiled, else one line says
// what to install. In a checkout it does nothing: `npm run build` builds. VENUEWIRE_SKIP_BUILD=1: never compile.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
/** Where the core runs; on macOS without live reception. Decoders are JavaScript and run anywhere. */
const TOOLS = {
  linux:
    'python3, make and a C++20 compiler (Debian: apt-get install python3 make g++; Alpine: apk add python3 make g++; Fedora: dnf install python3 make gcc-c++)',
  darwin: "python3 and Xcode's command line tools (xcode-select --install)",
};

function works() {
  // In a process of its own: a binary that does not fit may end it.
  const script = "require('node-gyp-build')(process.argv[1])";
  const { status } = spawnSync(process.execPath, ['-e', script, root], { cwd: root, stdio: 'ignore' });
  return status === 0;
}

function compile() {
  const gyp = process.env.npm_config_node_gyp;
  const [command, words] = gyp ? [process.execPath, [gyp, 'rebuild']] : ['node-gyp', ['rebuild']];
  const { status, error, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: 'utf8' });
  if (status === 0 && works()) return undefined;
  const said = `${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`;
  return (
    said
      .split('\n')
      .find((line) => /error|ERR!|not found|ENOENT/i.test(line))
      ?.trim() ?? 'the compiler failed'
  );
}

function main() {
  if (existsSync(join(root, 'src', 'index.ts')) || process.env.VENUEWIRE_SKIP_BUILD) return;
  if (TOOLS[process.platform] === undefined || works()) return;
  console.error(`venuewire: no binary for ${process.platform}-${process.arch} is in the package: compiling the core`);
  const problem = compile();
  if (problem === undefined) return;
  console.error(
    `venuewire: the core could not be compiled (${problem}). Install ${TOOLS[process.platform]}, ` +
      'then: npm rebuild venuewire. Only decoders are wanted: VENUEWIRE_SKIP_BUILD=1 npm install venuewire',
  );
  process.exitCode = 1;
}

main();
