/** TCP inside TLS, also with a certificate of our own: lines and servers of any protocol. */
import { connect, type TLSSocket } from 'node:tls';
import { remedyOf, VenuewireError } from '../errors.js';
import { splitEndpoint } from '../patterns/units.js';
import { type Ended, endOf, HANDSHAKE_MS, secureOptions } from './secure.js';
import type { Transport, TransportConnection, TransportEvents, TransportTarget } from './transport.js';

/** Carries connections inside TLS as `security` of the venue says: `tls`, `mutualTls`. The server's certificate is always checked. */
export const tlsTransport: Transport = {
  protects: ['tls', 'mutualTls'],
  connect(target: TransportTarget, events: TransportEvents): TransportConnection {
    let socket: TLSSocket;
    const where = `${target.role} ${target.name} (${target.address})`;
    try {
      const { host, port } = splitEndpoint(target.address);
      socket = connect({ host, port, ...secureOptions(target.security, host, target.serverName) });
    } catch (cause) {
      const { reason, error } = unusable(cause, where);
      setImmediate(() => events.closed(reason, error));
      return { send: () => {}, close: () => {} };
    }
    return carried(socket, where, events);
  },
};

/** Files that are no certificates, or do not belong together. */
function unusable(cause: unknown, where: string): Ended {
  if (cause instanceof VenuewireError) return { reason: 'wrongPeer', error: cause };
  const why = cause instanceof Error ? cause.message : String(cause);
  const error = new VenuewireError(
    'VW_TLS_FILE',
    `${where}: certificate, key or list do not serve: ${why}`,
    remedyOf('VW_TLS_FILE'),
  );
  return { reason: 'wrongPeer', error };
}

const endedAtOnce = (where: string): VenuewireError =>
  new VenuewireError(
    'VW_TLS_ENDED',
    `${where}: the server ended the connection behind the handshake, before it sent a byte`,
    remedyOf('VW_TLS_ENDED'),
  );

function carried(socket: TLSSocket, where: string, events: TransportEvents): TransportConnection {
  let last: unknown;
  let isSecure = false;
  let hasBytes = false;
  let isOurs = false;
  const deadline = setTimeout(() => {
    events.closed('timedOut');
    socket.destroy();
  }, HANDSHAKE_MS);
  socket.setNoDelay(true);
  socket.on('secureConnect', () => {
    clearTimeout(deadline);
    isSecure = true;
    events.connected();
  });
  socket.on('data', (bytes) => {
    hasBytes = true;
    if (!events.bytes(bytes)) socket.pause();
  });
  socket.on('error', (cause) => {
    last = cause;
  });
  socket.on('close', () => {
    clearTimeout(deadline);
    const { reason, error } = endOf(last, where);
    // With TLS 1.3 a server looks at our certificate behind the handshake, and may go without a word.
    const silent = error === undefined && isSecure && !hasBytes && !isOurs;
    events.closed(reason, silent ? endedAtOnce(where) : error);
  });
  const drop = (): void => {
    isOurs = true;
    clearTimeout(deadline);
    socket.destroy();
  };
  return {
    send: (bytes) => socket.write(bytes),
    // A handshake that is not over has nothing to say goodbye to.
    close: () => {
      isOurs = true;
      if (isSecure) socket.end();
      else drop();
    },
    abort: drop,
    resume: () => socket.resume(),
  };
}
