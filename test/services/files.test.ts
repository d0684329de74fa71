/** Reference files from Debian's OpenSSH and vsftpd, on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchReferenceFile, type ReferenceFileOptions } from '../../src/files.js';
import { Authority } from '../../src/simulator/internet/authority.js';

const folder = mkdtempSync(join(tmpdir(), 'venuewire-files-'));
const CONTENT = randomBytes(3 << 20);
const checksum = { algorithm: 'sha256' as const, value: createHash('sha256').update(CONTENT).digest('hex') };
const children: ChildProcess[] = [];
const proxies: { close(): void }[] = [];

beforeAll(() => {
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'files/instruments.csv'), CONTENT);
});
afterAll(() => {
  for (const child of children) child.kill();
  for (const proxy of proxies) proxy.close();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
async function serve(command: string, words: readonly string[], port: number): Promise<void> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  children.push(child);
  while (child.exitCode === null && !(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 20));
  if (child.exitCode !== null) throw new Error(`${command} has ended: ${said}`);
}

/** Passes bytes on; the first connections are cut behind so many from the server. */
async function cutting(to: number, cuts: number[]): Promise<{ port: number; bytes: () => number }> {
  let bytes = 0;
  const server = createServer((client) => {
    const most = cuts.shift() ?? Number.POSITIVE_INFINITY;
    let own = 0;
    const upstream = connect(to, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end).pipe(upstream);
    upstream.on('error', end).on('close', end);
    upstream.on('data', (data) => {
      own += data.length;
      bytes += data.length;
      if (own > most) end();
      else client.write(data);
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  proxies.push(server);
  return { port: (server.address() as AddressInfo).port, bytes: () => bytes };
}

const keyOf = (name: string): string => {
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return join(folder, name);
};
const fingerprint = (key: string): string =>
  String(spawnSync('ssh-keygen', ['-l', '-f', `${key}.pub`]).stdout).split(' ')[1] as string;

describe('SFTP from OpenSSH', () => {
  let port = 0;
  let base: Omit<ReferenceFileOptions, 'into' | 'url'>;
  beforeAll(async () => {
    port = await freePort();
    const [host, user] = [keyOf('host'), keyOf('user')];
    mkdirSync('/run/sshd', { recursive: true });
    const config = join(folder, 'sshd_config');
    writeFileSync(
      config,
      `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${host}\nAuthorizedKeysFile ${user}.pub\nStrictModes no\n` +
        `PermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\nSubsystem sftp internal-sftp\n`,
    );
    await serve('/usr/sbin/sshd', ['-D', '-e', '-f', config], port);
    process.env.VENUEWIRE_FILES_USER = 'root';
    process.env.VENUEWIRE_FILES_PASSWORD = 'not-used';
    base = {
      credentials: {
        type: 'userPassword',
        username: 'env:VENUEWIRE_FILES_USER',
        password: 'env:VENUEWIRE_FILES_PASSWORD',
      },
      privateKey: `file:${user}`,
      hostKeys: [fingerprint(host)],
      ...{ checksum, restMs: 10 },
    };
  });
  const url = (at = port, name = 'instruments.csv') => `sftp://127.0.0.1:${at}${join(folder, 'files', name)}`;

  it('brings a file', async () => {
    const into = join(folder, 'sftp');
    expect(await fetchReferenceFile({ ...base, url: url(), into })).toMatchObject({ size: CONTENT.length });
    expect(readFileSync(into).equals(CONTENT)).toBe(true);
  });

  it('goes on where connections were cut, without bringing again what had come', async () => {
    const into = join(folder, 'sftp-cut');
    const { port: by, bytes } = await cutting(port, [1 << 20, 1 << 20]);
    await fetchReferenceFile({ ...base, url: url(by), into });
    expect(readFileSync(into).equals(CONTENT)).toBe(true);
    expect(bytes()).toBeLessThan(1.8 * CONTENT.length);
  });

  it('refuses a server of another key, a login that is refused, and a file that is not there', async () => {
    const into = join(folder, 'sftp-never');
    const of = (more: Partial<ReferenceFileOptions>) => fetchReferenceFile({ ...base, url: url(), into, ...more });
    await expect(of({ hostKeys: [fingerprint(keyOf('other'))] })).rejects.toMatchObject({ code: 'VW_FILE_HOST_KEY' });
    await expect(of({ privateKey: `file:${keyOf('stranger')}` })).rejects.toMatchObject({ code: 'VW_FILE_LOGIN' });
    await expect(of({ url: url(port, 'nothing') })).rejects.toMatchObject({ code: 'VW_FILE_MISSING' });
    await expect(of({ checksum: { ...checksum, value: 'ab' } })).rejects.toMatchObject({ code: 'VW_FILE_CHECKSUM' });
    expect(existsSync(into)).toBe(false);
  });
});

describe('FTP and FTPS from vsftpd', () => {
  let port = 0;
  const authority = new Authority();
  const ca = join(folder, 'ca.pem');
  beforeAll(async () => {
    port = await freePort();
    const { cert, key } = authority.issue();
    writeFileSync(ca, authority.cert);
    writeFileSync(join(folder, 'ftp.pem'), `${key}${cert}`, { mode: 0o600 });
    mkdirSync('/var/run/vsftpd/empty', { recursive: true });
    const settings = {
      ...{ listen: 'YES', listen_address: '127.0.0.1', listen_port: port, background: 'NO', seccomp_sandbox: 'NO' },
      ...{
        anonymous_enable: 'YES',
        anon_root: join(folder, 'files'),
        no_anon_password: 'YES',
        pasv_address: '127.0.0.1',
      },
      ...{ ssl_enable: 'YES', allow_anon_ssl: 'YES', force_anon_data_ssl: 'NO', force_anon_logins_ssl: 'NO' },
      ...{ rsa_cert_file: join(folder, 'ftp.pem'), ssl_ciphers: 'HIGH', secure_chroot_dir: '/var/run/vsftpd/empty' },
    };
    const config = join(folder, 'vsftpd.conf');
    writeFileSync(
      config,
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    await serve('/usr/sbin/vsftpd', [config], port);
  });
  const base = { checksum, restMs: 10, security: [{ type: 'tls' as const, ca: `file:${ca}` as const }] };
  const url = (protocol: string, name = 'instruments.csv') => `${protocol}://localhost:${port}/${name}`;

  it.each([
    ['ftps', {}],
    ['ftp', { clear: true }],
  ])('%s brings a file, and goes on where a connection ended', async (protocol, more) => {
    const into = join(folder, protocol);
    const starts: number[] = [];
    let broken = 0;
    const progress = (bytes: number): void => {
      if (starts.length === broken) starts.push(bytes);
      if (broken < 2 && bytes > (broken + 1) << 20) {
        broken++;
        throw new Error('cut');
      }
    };
    await fetchReferenceFile({ ...base, ...more, url: url(protocol), into, progress });
    expect(readFileSync(into).equals(CONTENT)).toBe(true);
    expect(starts.map((at) => at >> 20)).toEqual([0, 1, 2]);
  });

  it('refuses a certificate of nobody who is trusted, and a file that is not there', async () => {
    const into = join(folder, 'ftps-never');
    const untrusted = fetchReferenceFile({ url: url('ftps'), into, tries: 1 });
    await expect(untrusted).rejects.toMatchObject({ code: 'VW_TLS_UNTRUSTED' });
    await expect(fetchReferenceFile({ ...base, url: url('ftps', 'nothing'), into })).rejects.toMatchObject({
      code: 'VW_FILE_MISSING',
    });
    expect(existsSync(into)).toBe(false);
  });
});
