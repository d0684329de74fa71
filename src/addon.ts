/** How the addon is found: beside the package, from a bundle, for either C library of Linux. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, argv, cwd, env, platform, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { VenuewireError } from './errors.js';

/** What an error says of the place that the addon was looked for. */
export const addonPlatform = `${platform}-${arch}, Node ${versions.node}, Node-API ${versions.napi}`;

/** The package that this file is part of; undefined where a bundler has taken its place away. */
function ownFolder(): string | undefined {
  // A bundle in CommonJS has no import.meta.url.
  const url: string | undefined = import.meta.url;
  if (url === undefined) return undefined;
  const folder = fileURLToPath(new URL('..', url));
  return existsSync(join(folder, 'binding.gyp')) || existsSync(join(folder, 'prebuilds')) ? folder : undefined;
}

/** Where the package may be when its own place is not known: what the program's file, or the working folder, would import. */
function installedFolder(): string | undefined {
  for (const from of [argv[1], join(cwd(), 'index.js')]) {
    if (from === undefined) continue;
    try {
      return dirname(createRequire(from).resolve('venuewire/package.json'));
    } catch {
      // Not from there.
    }
  }
  return undefined;
}

/** Whether the C library of this process is musl; node-gyp-build knows it by a file that only Alpine has. */
function hasMusl(): boolean {
  try {
    return readFileSync('/proc/self/maps', 'latin1').includes('musl');
  } catch {
    return false;
  }
}

function loadFrom(folder: string): unknown {
  const require = createRequire(join(folder, 'package.json'));
  const musl = join(folder, 'prebuilds', `${platform}-${arch}`, 'venuewire.musl.node');
  const own = env.VENUEWIRE_PREBUILD !== undefined || existsSync(join(folder, 'build', 'Release'));
  if (!own && existsSync(musl) && hasMusl()) return require(musl);
  return require('node-gyp-build')(folder);
}

/** What to do where there is no addon. */
function remedy(folder: string | undefined): string {
  if (folder === undefined)
    return 'A bundle cannot carry the addon: mark venuewire as external (esbuild --external:venuewire) and install it where the bundle runs.';
  return existsSync(join(folder, 'native', 'CMakeLists.txt'))
    ? `Build it from source: install python3, make and a C++20 compiler (g++ 11, clang 14), then: npm rebuild venuewire, or npx node-gyp rebuild in ${folder}.`
    : 'Install a venuewire package that carries a prebuild for this platform.';
}

/**
 * Loads the addon, and says what mends it should its version turn out to be another.
 * @throws VenuewireError `VW_ADDON_NOT_FOUND` or `VW_ADDON_LOAD` with the platform, what was looked for and what mends it.
 */
export function loadAddon(): { readonly addon: unknown; readonly remedy: string } {
  const folder = ownFolder() ?? installedFolder();
  try {
    if (folder === undefined)
      throw new Error('No native build was found: the venuewire package is not beside this file');
    return { addon: loadFrom(folder), remedy: remedy(folder) };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const missing = text.includes('No native build was found');
    throw new VenuewireError(
      missing ? 'VW_ADDON_NOT_FOUND' : 'VW_ADDON_LOAD',
      `The venuewire addon could not be loaded for ${addonPlatform}. Looked for build/Release/*.node and prebuilds/${platform}-${arch}/*.node in ${folder ?? 'no folder'}: ${text}`,
      remedy(folder),
      cause,
    );
  }
}
