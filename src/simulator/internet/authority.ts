/** A certificate authority of the tests: certificates good and bad, and lists of those revoked. Made anew for each run. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  DAY_MS,
  der,
  ECDSA_SHA256,
  objectId,
  pemOf,
  SEQUENCE,
  SET,
  SUBJECT_ALTERNATIVE_NAME,
  text,
  time,
} from './certificate.js';

const BASIC_CONSTRAINTS = objectId(0x55, 0x1d, 0x13);
const TRUE = der(0x01, Buffer.from([0xff]));
const nameOf = (name: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, objectId(0x55, 0x04, 0x03), text(0x0c, name))));
const serialOf = (serial: number): Buffer => der(0x02, Buffer.from([serial]));

export interface Issued {
  readonly key: string;
  readonly cert: string;
  readonly serial: number;
}
export interface IssueOptions {
  /** Names and IPv4 addresses; default: localhost and 127.0.0.1. */
  readonly names?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
}

export class Authority {
  readonly #key: KeyObject;
  readonly cert: string;
  #serial = 1;

  constructor(readonly name = 'venuewire test authority') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const isAuthority = der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(0x04, der(SEQUENCE, TRUE)));
    this.cert = this.#certificate(name, publicKey, [isAuthority], -1, 1);
  }

  issue({ names = ['localhost', '127.0.0.1'], from = -1, until = 1 }: IssueOptions = {}): Issued {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const alternative = der(
      SEQUENCE,
      ...names.map((n) => (isIPv4(n) ? der(0x87, Buffer.from(n.split('.').map(Number))) : text(0x82, n))),
    );
    const serial = this.#serial + 1;
    const cert = this.#certificate(
      names[0] as string,
      publicKey,
      [der(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, der(0x04, alternative))],
      from,
      until,
    );
    return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert, serial };
  }

  /** PEM of the list of certificates that are no longer good. */
  revocationList(serials: readonly number[], until = 1): string {
    const now = Date.now();
    const revoked = serials.map((serial) => der(SEQUENCE, serialOf(serial), time(now - DAY_MS / 2)));
    const body = der(
      SEQUENCE,
      ECDSA_SHA256,
      nameOf(this.name),
      time(now - 2 * DAY_MS),
      time(now + until * DAY_MS),
      ...(revoked.length === 0 ? [] : [der(SEQUENCE, ...revoked)]),
    );
    return pemOf('X509 CRL', this.#signed(body));
  }

  #certificate(subject: string, publicKey: KeyObject, extensions: Buffer[], from: number, until: number): string {
    const now = Date.now();
    const body = der(
      SEQUENCE,
      der(0xa0, der(0x02, Buffer.from([2]))), // version 3
      serialOf(this.#serial++ + 1),
      ECDSA_SHA256,
      nameOf(this.name),
      der(SEQUENCE, time(now + from * DAY_MS), time(now + until * DAY_MS)),
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, der(SEQUENCE, ...extensions)),
    );
    return pemOf('CERTIFICATE', this.#signed(body));
  }

  #signed(body: Buffer): Buffer {
    const signature = createSign('sha256').update(body).sign(this.#key);
    return der(SEQUENCE, body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  }
}
