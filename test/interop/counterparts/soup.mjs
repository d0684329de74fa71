/**
 * SoupBinTCP by the npm package `soupbintcp`: `serve FILE SESSION USER PASSWORD`, or
 * `listen FILE SERVER:PORT USER PASSWORD NUMBER`. FILE is a BinaryFILE: of what is sent, or of what was heard.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { Client, Server } = createRequire(process.env.COUNTERPARTS)('soupbintcp');
const say = (line) => console.log(line);

function messages(file) {
  const bytes = readFileSync(file);
  const list = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    if (length > 0) list.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return list;
}

const commands = new Map();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, ...words] = line.split(' ');
    commands.get(name)?.(...words);
    say(commands.has(name) ? `done ${name}` : `failed ${name}: no such command`);
  })
  .on('close', () => process.exit(0));

function serve(file, session, user, password) {
  const day = messages(file);
  const sessions = new Set();
  let available = 0;
  const push = (client) => {
    for (; client.next > 0 && client.next <= available; client.next++) client.session.send(day[client.next - 1]);
  };
  const server = new Server({ host: '127.0.0.1', port: 0 }, () => say(`listening ${server.address().port}`));
  server.on('session', (peer) => {
    const client = { session: peer, next: 0 };
    sessions.add(client);
    peer.on('login', (login) => {
      say(`login session='${login.requestedSession}' sequence=${login.requestedSequenceNumber}`);
      if (login.username.trim() !== user || login.password.trim() !== password) {
        peer.reject({ rejectReasonCode: 'A' });
        return;
      }
      client.next = login.requestedSequenceNumber || available + 1;
      peer.accept({ session, sequenceNumber: client.next });
      push(client);
    });
    peer.on('logout', () => {
      say('logout');
      peer.end();
    });
    peer.on('error', (error) => say(`error ${error.message}`));
    peer.on('end', () => sessions.delete(client));
  });
  commands.set('available', (count) => {
    available = Number(count);
    for (const client of sessions) push(client);
  });
  commands.set('drop', () => {
    for (const client of sessions) client.session.end();
  });
  commands.set('end', () => {
    for (const client of sessions) client.session.ending();
  });
}

function listen(file, address, username, password, number) {
  const [host, port] = address.split(':');
  const heard = [];
  const over = (why) => {
    const head = (m) => Buffer.from([m.length >> 8, m.length & 255]);
    writeFileSync(file, Buffer.concat(heard.flatMap((m) => [head(m), m])));
    say(`over ${heard.length}: ${why}`);
  };
  const client = new Client({ host, port: Number(port) }, () =>
    client.login({ username, password, requestedSession: '', requestedSequenceNumber: Number(number) }),
  );
  client.on('accept', (a) => say(`accepted session='${a.session}' sequence=${a.sequenceNumber}`));
  client.on('reject', (r) => say(`rejected ${r.rejectReasonCode}`));
  client.on('message', (message) => heard.push(Buffer.from(message)));
  client.on('ending', () => {
    over('end of session');
    client.logout();
  });
  client.on('error', (error) => say(`error ${error.message}`));
}

const [mode, ...rest] = process.argv.slice(2);
({ serve, listen })[mode](...rest);
