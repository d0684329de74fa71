/** Optional packages (peers), loaded by what needs them. */
import { VenuewireError } from './errors.js';

/**
 * @param what who needs it, as the message begins: `The sink 'redis'`.
 * @throws VenuewireError `VW_PEER_MISSING`
 */
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
