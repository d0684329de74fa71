/** Certificates and keys by reference: whole texts, read anew each time, so that a renewed file is taken at the next connection. */
import { readFileSync } from 'node:fs';
import { VenuewireError } from '../errors.js';

/**
 * A PEM text behind `env:NAME` or `file:PATH`. `part`: what it is for.
 * @throws VenuewireError `VW_CREDENTIAL_MISSING`; the text is not in it.
 */
export function pem(reference: string, part: string): string {
  const isEnv = reference.startsWith('env:');
  try {
    const text = isEnv ? process.env[reference.slice(4)] : readFileSync(reference.slice(5), 'utf8');
    if (text !== undefined && text !== '') return text;
  } catch {
    // Said below.
  }
  throw new VenuewireError(
    'VW_CREDENTIAL_MISSING',
    `${reference} (${part}) could not be read`,
    'Put the PEM text there, and make it readable for this process.',
  );
}
