// Connections that sinks keep to servers of HTTP.
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpClient } from '../../src/sinks/http.js';

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server that does with the requests of each connection what is said, by the connection's and the request's number. */
async function serverThat(act: (socket: Socket, connection: number, request: number) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections++;
    let request = 0;
    socket.on('error', () => {});
    socket.on('data', () => act(socket, connection, request++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const client = new HttpClient({ server: `127.0.0.1:${port}` }, {});
  open.push({
    close: () => {
      client.close();
      server.close();
    },
  });
  return { client, connections: () => connections };
}

test('a request that meets the end of a kept connection is asked again on another one', async () => {
  const { client, connections } = await serverThat((socket, connection, request) => {
    if (connection === 0 && request === 1) socket.resetAndDestroy();
    else socket.write(ANSWER);
  });
  expect(await client.post('/', 'one')).toBe('ok');
  // The agent takes the connection back in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(await client.post('/', 'two')).toBe('ok');
  expect(connections()).toBe(2);
});

test('a new connection that the server ends is a failure, told at once', async () => {
  const { client, connections } = await serverThat((socket) => socket.resetAndDestroy());
  await expect(client.post('/', 'one')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(connections()).toBe(1);
});
