/** A certificate for 127.0.0.1 and localhost, signed by itself, made anew for each run: no key lies in the sources. */
import { createSign, generateKeyPairSync } from 'node:crypto';

/** One element of DER (X.690): tag, length, content. */
export const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const objectId = (...bytes: number[]): Buffer => der(0x06, Buffer.from(bytes));
export const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, 'latin1'));
export const ECDSA_SHA256 = der(SEQUENCE, objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
export const SUBJECT_ALTERNATIVE_NAME = objectId(0x55, 0x1d, 0x11);
export const DAY_MS = 86_400_000;

export const time = (ms: number): Buffer =>
  text(
    0x17,
    `${new Date(ms)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2)}`,
  );

/** Bytes of DER as text (RFC 7468). */
export const pemOf = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{64}(?!$)/g, '$&\n')}\n-----END ${label}-----\n`;

/** PEM of the private key and of the certificate (RFC 5280). */
export function makeCertificate(name = 'venuewire test'): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = der(SEQUENCE, der(SET, der(SEQUENCE, objectId(0x55, 0x04, 0x03), text(0x0c, name))));
  const names = der(SEQUENCE, text(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1])));
  const now = Date.now();
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    ECDSA_SHA256,
    issuer,
    der(SEQUENCE, time(now - DAY_MS), time(now + DAY_MS)),
    issuer,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, der(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, der(0x04, names)))),
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const whole = der(SEQUENCE, body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pemOf('CERTIFICATE', whole),
  };
}
