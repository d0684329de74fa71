/** Clients wait for ever for a server that is stopped, a line that takes packets and gives none, a queue without a leader. */
import { remedyOf, VenuewireError } from '../errors.js';

const MS_PER_SECOND = 1_000;

/**
 * What the call comes to, if it does so in time. Whoever gives it up then ends its connection, and the call with it.
 * @throws VenuewireError `VW_SINK_SILENT`
 */
export async function answered<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    const text = `the other side has not answered for ${ms / MS_PER_SECOND} s`;
    timer = setTimeout(() => reject(new VenuewireError('VW_SINK_SILENT', text, remedyOf('VW_SINK_SILENT'))), ms);
  });
  try {
    return await Promise.race([call, silent]);
  } finally {
    clearTimeout(timer);
    // It is given up: what becomes of it is nobody's.
    call.catch(() => {});
  }
}
