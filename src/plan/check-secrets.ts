/** Secrets and certificates: whether references resolve. What they name is looked at, and is in nothing that is said. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { VenuewireError } from '../errors.js';
import { type Reference, referenced } from '../patterns/credentials.js';
import type { Venue } from '../patterns/venue.js';
import type { RuleId } from './rules.js';
import type { Check, Subject } from './subject.js';

interface Found {
  readonly path: readonly PropertyKey[];
  readonly reference: Reference;
}

const isReference = (value: unknown): value is Reference =>
  typeof value === 'string' && /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/s.test(value);

/** Every reference below a value, with its place. */
function referencesIn(value: unknown, path: readonly PropertyKey[]): Found[] {
  if (isReference(value)) return [{ path, reference: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    referencesIn(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** All references of a venue: only where secrets stand, so that no text elsewhere is taken for one. */
export const referencesOf = (venue: Venue): Found[] => [
  ...venue.recovery.flatMap((rung, i) =>
    'credentials' in rung ? referencesIn(rung.credentials, ['recovery', i, 'credentials']) : [],
  ),
  ...Object.entries(venue.streams ?? {}).flatMap(([name, use]) =>
    referencesIn(use.credentials, ['streams', name, 'credentials']),
  ),
  ...referencesIn(venue.subscription?.credentials, ['subscription', 'credentials']),
  ...referencesIn(venue.security, ['security']),
  ...Object.entries(venue.pipelines ?? {}).flatMap(([name, { sink }]) =>
    referencesIn(sink, ['pipelines', name, 'sink']),
  ),
];

const OTHERS_READ = 0o004;

const values: Check = ({ venue, found }) => {
  for (const { path, reference } of referencesOf(venue)) {
    try {
      referenced(reference, String(path.at(-1)));
    } catch (cause) {
      if (!(cause instanceof VenuewireError)) throw cause;
      found('secret-missing', path, cause.message, cause.hint);
      continue;
    }
    const file = reference.startsWith('file:') ? reference.slice('file:'.length) : undefined;
    const isPublic = ['ca', 'certificate'].includes(String(path.at(-1)));
    if (file !== undefined && !isPublic && (statSync(file).mode & OTHERS_READ) !== 0)
      found('secret-exposed', path, `${file} can be read by every user`, `chmod 600 ${file}`);
  }
};

function textOf(reference: Reference): string | undefined {
  try {
    return reference.startsWith('env:') ? process.env[reference.slice(4)] : readFileSync(reference.slice(5), 'utf8');
  } catch {
    return undefined;
  }
}

/** undefined where it cannot be made, whatever the library says of the text. */
const made = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

function period(certificate: X509Certificate, now: Date): [RuleId, string] | undefined {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const day = (d: Date): string => d.toISOString().slice(0, 10);
  if (now < from) return ['certificate-early', `it is valid from ${day(from)}`];
  if (now > to) return ['certificate-expired', `it was valid until ${day(to)}`];
  const left = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  return left < SOON_DAYS ? ['certificate-expiring', `it is valid until ${day(to)}, ${left} days more`] : undefined;
}

interface TlsFiles {
  readonly path: readonly PropertyKey[];
  readonly files: {
    readonly ca?: string | undefined;
    readonly certificate?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** Where a venue has certificates. */
const tlsOf = (venue: Venue): TlsFiles[] => [
  ...venue.security.flatMap((p, i) =>
    p.type === 'mutualTls' || p.type === 'tls' ? [{ path: ['security', i], files: p }] : [],
  ),
  ...Object.entries(venue.pipelines ?? {}).flatMap(([name, { sink }]) =>
    'tls' in sink && sink.tls !== undefined
      ? [{ path: ['pipelines', name, 'sink', 'tls'], files: sink.tls as TlsFiles['files'] }]
      : [],
  ),
];

const certificates: Check = ({ venue, now, found }) => {
  for (const { path, files } of tlsOf(venue)) {
    const chains = (['ca', 'certificate'] as const).flatMap((part) => {
      const text = files[part] === undefined ? undefined : textOf(files[part]);
      // What cannot be read has been said above.
      if (text === undefined || text === '') return [];
      const chain = (text.match(CERTIFICATE) ?? []).map((pem) => made(() => new X509Certificate(pem)));
      return [{ part, chain }];
    });
    for (const { part, chain } of chains) {
      if (chain.length === 0 || chain.includes(undefined)) {
        found('certificate-invalid', [...path, part], 'it holds no certificate (PEM)');
        continue;
      }
      for (const certificate of chain as X509Certificate[]) {
        const wrong = period(certificate, now);
        if (wrong !== undefined) found(wrong[0], [...path, part], wrong[1]);
      }
    }
    const keyText = files.key === undefined ? undefined : textOf(files.key);
    if (keyText === undefined || keyText === '') continue;
    const key = made(() => createPrivateKey(keyText));
    const own = chains.find((c) => c.part === 'certificate')?.chain[0];
    if (key === undefined) found('certificate-invalid', [...path, 'key'], 'it holds no private key (PEM)');
    else if (own?.checkPrivateKey(key) === false)
      found('certificate-key', [...path, 'key'], 'it is not the key of the certificate');
  }
};

export const checkSecrets = (subject: Subject): void => {
  values(subject);
  certificates(subject);
};
