/** Lines of text both ways, inside TLS. */
import { connect } from 'node:tls';
import { splitEndpoint } from '../patterns/units.js';
import { Lines } from './lines.js';
import type { ConnectMessages, MessagesEnd } from './messages.js';
import { endOf, HANDSHAKE_MS, secureOptions } from './secure.js';

/** `tls://host:port`; each message is a line, CRLF behind those that are sent. */
export const connectTlsLines: ConnectMessages = (target, events) => {
  const { host, port } = splitEndpoint(target.url.slice('tls://'.length));
  const lines = new Lines(target.most, target.where);
  const socket = connect({ host, port, ...secureOptions(target.security, host) });
  let last: unknown;
  let over = false;
  const end = (of: MessagesEnd): void => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    socket.destroy();
    events.closed(of);
  };
  const deadline = setTimeout(() => end({ reason: 'timedOut' }), HANDSHAKE_MS);
  socket.setNoDelay(true);
  socket.on('secureConnect', () => {
    clearTimeout(deadline);
    events.open();
  });
  socket.on('data', (chunk) => {
    try {
      for (const line of lines.push(chunk)) {
        if (over) return;
        if (line === '') events.alive();
        else events.message(line);
      }
    } catch (cause) {
      end(endOf(cause, target.where));
    }
  });
  socket.on('error', (cause) => {
    last = cause;
  });
  socket.on('close', () => end(endOf(last, target.where)));
  return {
    send: (text) => socket.write(`${text}\r\n`),
    close: () => {
      over = true;
      clearTimeout(deadline);
      socket.destroySoon();
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};
