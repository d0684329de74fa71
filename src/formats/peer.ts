/** Optional packages, loaded by what needs them. */
import { VenuewireError } from '../errors.js';

/** @throws VenuewireError `VW_PEER_MISSING` */
export async function peer<T>(name: string, what: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] as string) : String(cause);
    throw new VenuewireError(
      'VW_PEER_MISSING',
      `${what} needs the package '${name}', which could not be loaded: ${why}`,
      `Install it: npm install ${name}`,
    );
  }
}

/** Where a writer's bytes go, in order; a promise is waited for before more are made. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void> | undefined;
