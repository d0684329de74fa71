// The one list of native sources: binding.gyp and CMakeLists.txt both ask this script, so they cannot drift.
// Usage: node native/sources.cjs ROOM [ROOM ...]   (rooms: core io feed binding test)
// What systems do differently is in a room's folders `linux` and `portable`, of which one is built: `portable`, which
// asks for POSIX only, where the machine is not Linux or VENUEWIRE_SYSTEM says so.
const { readdirSync, existsSync } = require('node:fs');
const { join } = require('node:path');
const system = process.env.VENUEWIRE_SYSTEM ?? (process.platform === 'linux' ? 'linux' : 'portable');
const sourcesIn = (folder) =>
  existsSync(join(__dirname, folder))
    ? readdirSync(join(__dirname, folder))
        .filter((f) => f.endsWith('.cpp'))
        .sort()
        .map((f) => `${folder}/${f}`)
    : [];
const list = process.argv.slice(2).flatMap((room) => [...sourcesIn(room), ...sourcesIn(`${room}/${system}`)]);
process.stdout.write(list.map((f) => (process.env.VENUEWIRE_PREFIX ?? 'native/') + f).join('\n'));
