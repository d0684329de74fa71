// The one list of native sources: binding.gyp and CMakeLists.txt both ask this script, so they cannot drift.
// Usage: node native/sources.cjs ROOM [ROOM ...]   (rooms: core io feed binding test)
const { readdirSync, existsSync } = require('node:fs');
const { join } = require('node:path');
const rooms = process.argv.slice(2);
const list = rooms.flatMap((room) =>
  existsSync(join(__dirname, room))
    ? readdirSync(join(__dirname, room))
        .filter((f) => f.endsWith('.cpp'))
        .sort()
        .map((f) => `${room}/${f}`)
    : [],
);
process.stdout.write(list.map((f) => (process.env.VENUEWIRE_PREFIX ?? 'native/') + f).join('\n'));
