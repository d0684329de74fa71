/** Signatures of messages and requests by a secret that both sides know (HMAC, RFC 2104). */
import { createHash, createHmac } from 'node:crypto';
import type { Subscription } from '../patterns/types.js';

export type SignatureRule = NonNullable<Subscription['signature']>;

/** `fill` puts values into the places of a text. */
export function signatureOf(rule: SignatureRule, secret: string, fill: (text: string) => string): string {
  const hmac = createHmac(rule.hmac, rule.secret === 'base64' ? Buffer.from(secret, 'base64') : secret);
  for (const part of rule.of) {
    const text = fill(part.text);
    hmac.update(part.hash === undefined ? text : createHash(part.hash).update(text).digest());
  }
  return hmac.digest(rule.as);
}

const MICROSECONDS = 1_000;
const SECOND_MS = 1_000;

/** What is used once: a number that grows with each use, whatever the clock does, and the time. */
export class Nonces {
  #last = 0;
  next(nowMs: number): { readonly nonce: string; readonly timestamp: string } {
    this.#last = Math.max(this.#last + 1, Math.floor(nowMs * MICROSECONDS));
    return { nonce: String(this.#last), timestamp: String(Math.floor(nowMs / SECOND_MS)) };
  }
}
