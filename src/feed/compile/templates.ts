/** What is sent to a server: the bytes of each packet with the places that are filled in when it is sent. */
import type { Encoding } from '../../contract.js';
import { VenuewireError } from '../../errors.js';
import { type Decoder, encode } from '../../layout/index.js';
import type { PlanField, PlanPart, PlanRecord } from '../../layout/plan.js';
import { type Credentials, resolveCredential } from '../../patterns/credentials.js';
import type { Framing } from '../../patterns/framing.js';
import type { Envelope, Outgoing, TableMessage, Value } from '../../patterns/table.js';
import { fault, type Place, resolveFraming } from './framing.js';
import { NO_LIMIT } from './names.js';
import type { CompiledPatch, CompiledTemplate } from './records.js';

/** Everything that compiling one requester needs to know. */
export interface Context {
  readonly where: string;
  readonly feed: Framing;
  readonly credentials: Credentials;
  /** Nothing is sent, as where a capture is read: no credential is looked for. */
  readonly silent: boolean;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Parameters that some message has asked for. */
  readonly used: Set<string>;
  /** Parts of the credentials that some message holds. */
  readonly sent: Set<string>;
}

type Patch = CompiledPatch;
export interface Template extends CompiledTemplate {
  /** The most that its count field can hold. */
  readonly countMax: bigint;
}
const NO_TEMPLATE: Template = { bytes: new Uint8Array(0), patches: [], fix: false, countMax: NO_LIMIT };

const isVariable = (v: Value): v is Extract<Value, { variable: unknown }> => typeof v === 'object' && 'variable' in v;
const isParameter = (v: Value): v is Extract<Value, { parameter: unknown }> =>
  typeof v === 'object' && 'parameter' in v;
const isCredential = (v: Value): v is Extract<Value, { credential: unknown }> =>
  typeof v === 'object' && 'credential' in v;

export function tableOf(table: string | Decoder, where: string): Decoder {
  if (typeof table !== 'string') return table;
  throw fault(
    'VW_VENUE_UNRESOLVED',
    `${where}: the table '${table}' has not been loaded`,
    "Open it with openFeed, or pass it through resolveVenue of 'venuewire/venues/load'.",
  );
}

export const recordOf = (decoder: Decoder, name: string): PlanRecord => decoder.plan(decoder.indexOf(name)).record;

/** A field at a fixed place; `group.field` is that of the group's first entry. */
export function fieldOf(decoder: Decoder, name: string, field: string, where: string): PlanField {
  const record = recordOf(decoder, name);
  const [outer, inner] = field.split('.') as [string, string | undefined];
  const part = record.byName.get(outer);
  if (inner === undefined && part?.kind === 'field' && part.at >= 0) return part;
  const entry =
    inner !== undefined && part?.kind === 'group' && part.at >= 0 ? part.record.byName.get(inner) : undefined;
  if (part?.kind === 'group' && entry?.kind === 'field' && entry.at >= 0) return { ...entry, at: part.at + entry.at };
  throw fault(
    'VW_VENUE_FIELD',
    `${where}: ${decoder.id} ${name} has no field '${field}' at a fixed place`,
    `Its fields are ${[...record.byName.keys()].join(', ')}.`,
  );
}

export const placeOf = (p: PlanField, shift = 0): Place => ({
  offset: p.at + shift,
  size: p.size,
  type: p.wire === 'digits' ? 'digits' : 'uint',
  byteOrder: p.big || (p.wire !== 'uint' && p.wire !== 'int') ? 'big' : 'little',
});

function patchOf(p: PlanField, v: Extract<Value, { variable: unknown }>, shift: number, where: string): Patch {
  const raw = v.variable === 'session' && (p.wire === 'text' || p.wire === 'bytes');
  const pad = p.field?.data.pad ?? (p.wire === 'digits' ? 'zero' : 'space');
  let encoding: Encoding;
  // Where a text is padded on the left, a session that comes from elsewhere moves to the right.
  if (raw) encoding = p.field?.data.padLeft === true ? 'rawRight' : 'raw';
  else if (p.wire === 'uint' || p.wire === 'int' || p.wire === 'char') encoding = p.big ? 'uintBig' : 'uintLittle';
  else if (p.wire === 'digits' || p.wire === 'text') {
    encoding = pad === 'zero' ? 'digitsLeftZero' : 'digitsLeftBlank';
  } else {
    throw fault(
      'VW_VENUE_VARIABLE',
      `${where}: '${p.name}' cannot hold the variable '${v.variable}'`,
      'Use a number or text field.',
    );
  }
  return { offset: p.at + shift, width: p.size, encoding, variable: v.variable, add: v.add ?? 0 };
}

/** Counts by which the framing marks a packet that has no messages. */
const reservedCounts = ({ count, kinds }: Framing): readonly bigint[] =>
  kinds.flatMap(({ when }) =>
    when.field === 'count' || (count !== undefined && when.offset === count.offset && when.size === count.size)
      ? [BigInt(when.equals)]
      : [],
  );

/** A value that is known when the feed is opened; undefined: a credential, and nothing is sent. */
export function constantOf(v: Value, c: Context): string | undefined {
  if (isVariable(v)) throw fault('VW_VENUE_VARIABLE', `${c.where}: a variable has no value yet`, 'Use a constant.');
  if (isCredential(v)) {
    c.sent.add(v.credential);
    return c.silent ? undefined : resolveCredential(c.credentials, v.credential);
  }
  return String(isParameter(v) ? parameterOf(v.parameter, c) : v);
}

export function compileOutgoing(outgoing: Outgoing | undefined, c: Context): Template {
  if (outgoing === undefined) return NO_TEMPLATE;
  if ('fix' in outgoing) return compileFix(outgoing.fix, c);
  if ('packet' in outgoing) {
    const patches: Patch[] = [];
    const bytes = envelope(outgoing.packet, c, patches).wrap(new Uint8Array(0));
    return { ...NO_TEMPLATE, bytes, patches };
  }
  return compileMessage(outgoing, c);
}

function compileFix(tags: readonly (readonly [number, Value])[], c: Context): Template {
  const bytes: number[] = [];
  const patches: Patch[] = [];
  const put = (text: string): void => {
    for (const b of Buffer.from(text, 'latin1')) bytes.push(b);
  };
  if (tags.some(([tag], i) => tag === 9 || tag === 10 || (tag === 8 && i > 0))) {
    throw fault(
      'VW_VENUE_FIX',
      `${c.where}: in a FIX message tag 8 may only come first, and 9 and 10 are left out`,
      'Correct the tags.',
    );
  }
  for (const [tag, v] of tags) {
    put(`${tag}=`);
    if (isVariable(v)) {
      if (v.variable === 'session') {
        throw fault('VW_VENUE_VARIABLE', `${c.where}: tag ${tag} cannot hold the variable 'session'`, 'Use a number.');
      }
      patches.push({
        offset: bytes.length,
        width: 0,
        encoding: v.variable === 'time' || v.variable === 'sentTime' ? 'fixTime' : 'fixField',
        variable: v.variable,
        add: v.add ?? 0,
      });
    } else if (isCredential(v)) {
      const secret = secretOf(v.credential, c);
      if (secret.includes('\x01'))
        throw fault(
          'VW_CREDENTIAL_FIELD',
          `${c.where}: the credential for tag ${tag} holds a separator`,
          'Correct it.',
        );
      put(secret);
    } else put(String(isParameter(v) ? parameterOf(v.parameter, c) : v));
    put('\x01');
  }
  return { bytes: Uint8Array.from(bytes), patches, fix: true, countMax: NO_LIMIT };
}

function secretOf(part: string, c: Context): string {
  c.sent.add(part);
  return c.silent ? '' : resolveCredential(c.credentials, part);
}

function parameterOf(name: string, c: Context): string | number {
  c.used.add(name);
  const value = c.parameters[name];
  if (value !== undefined) return value;
  throw fault(
    'VW_VENUE_PARAMETER',
    `${c.where}: the pattern needs the parameter '${name}'`,
    `Give the rung parameters: { ${name}: … }.`,
  );
}

function compileMessage(m: TableMessage, c: Context): Template {
  const decoder = tableOf(m.table, c.where);
  const where = `${c.where}: ${m.message}`;
  const record = recordOf(decoder, m.message);
  const patches: Patch[] = [];
  let countMax = NO_LIMIT;
  let secret = false;
  const head = envelope(m.in, c, patches);
  const fill = (part: PlanPart | undefined, name: string, v: Value, shift: number): unknown => {
    if (isVariable(v)) {
      if (part?.kind !== 'field' || part.at < 0) {
        const names = [...record.byName.keys()].join(', ');
        throw fault('VW_VENUE_FIELD', `${where} has no field '${name}' at a fixed place`, `Its fields are ${names}.`);
      }
      patches.push(patchOf(part, v, shift, where));
      if (v.variable === 'count') {
        const decimal = part.wire === 'digits' || part.wire === 'text';
        countMax = decimal ? 10n ** BigInt(part.size) - 1n : (1n << BigInt(8 * part.size)) - 1n;
        // A count that the feed's packets use as a mark is not asked for either.
        while (reservedCounts(c.feed).includes(countMax)) countMax--;
      }
      return undefined;
    }
    if (isParameter(v)) return parameterOf(v.parameter, c);
    if (!isCredential(v)) return v;
    if (part?.kind !== 'data' && !(part?.kind === 'field' && part.wire === 'text')) {
      throw fault(
        'VW_CREDENTIAL_FIELD',
        `${where}: '${name}' is not a text field`,
        'Put credentials into text fields.',
      );
    }
    secret = true;
    return secretOf(v.credential, c);
  };
  const values: Record<string, unknown> = {};
  for (const [name, v] of Object.entries(m.values)) {
    const part = record.byName.get(name);
    if (!Array.isArray(v)) {
      values[name] = fill(part, name, v, head.length);
      continue;
    }
    if (part?.kind !== 'group' || part.at < 0) {
      throw fault('VW_VENUE_FIELD', `${where} has no group '${name}' at a fixed place`, 'Give a list only to a group.');
    }
    values[name] = v.map((entry, i) =>
      Object.fromEntries(
        Object.entries(entry).map(([field, x]) => {
          const at = head.length + part.at + i * part.size;
          return [field, fill(part.record.byName.get(field), `${name}.${field}`, x, at)];
        }),
      ),
    );
  }
  let body: Uint8Array;
  try {
    body = encode(decoder, m.message, values);
  } catch (cause) {
    if (!secret) throw cause;
    // The encoder's words may repeat a value.
    const code = cause instanceof VenuewireError ? cause.code : 'VW_ENCODE';
    throw fault(
      code,
      `${where}: a credential or another value does not fit its field`,
      'Compare their lengths with the table.',
    );
  }
  return { bytes: head.wrap(body), patches, fix: false, countMax };
}

/** The packet that a message to a server travels in. */
function envelope(
  e: Envelope | undefined,
  c: Context,
  patches: Patch[],
): { length: number; wrap: (body: Uint8Array) => Uint8Array } {
  if (e === undefined) return { length: 0, wrap: (body) => body };
  const f = resolveFraming(e.framing, c.feed, c.where);
  const length = f.headerLength + f.message.prefix;
  const fill = (p: Place, v: Extract<Value, { variable: unknown }>): void => {
    const big = (p.byteOrder ?? f.byteOrder) === 'big';
    patches.push({
      offset: p.offset,
      width: p.size,
      encoding: p.type === 'digits' ? 'digitsLeftZero' : big ? 'uintBig' : 'uintLittle',
      variable: v.variable,
      add: v.add ?? 0,
    });
  };
  if (f.sequence !== undefined && e.sequence !== undefined && isVariable(e.sequence)) fill(f.sequence, e.sequence);
  for (const s of e.set) if (typeof s.value === 'object') fill(s, s.value);
  return {
    length,
    wrap: (body) => {
      const empty = body.length === 0;
      const all = new Uint8Array(empty ? f.shortestPacket : length + body.length + f.message.trailer);
      const put = (p: Place | undefined, value: bigint): void => {
        if (p === undefined) return;
        const big = (p.byteOrder ?? f.byteOrder) === 'big';
        for (let i = 0; i < p.size; i++)
          all[p.offset + (big ? p.size - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 255n);
      };
      put(f.packetLength, BigInt(all.length - (f.packetLength?.excludes ?? 0)));
      if (!empty) put(f.count, 1n);
      if (typeof e.sequence === 'number' || typeof e.sequence === 'bigint') put(f.sequence, BigInt(e.sequence));
      for (const s of e.set) if (typeof s.value !== 'object') put(s, BigInt(s.value));
      if (empty) return all;
      if (f.message.prefix > 0 && f.message.length !== undefined) {
        const step = all.length - f.headerLength;
        put(
          { ...f.message.length, offset: f.headerLength + f.message.length.offset },
          BigInt(step - f.message.length.excludes),
        );
      }
      all.set(body, length);
      if (f.message.delimiter !== undefined) all[all.length - 1] = f.message.delimiter;
      return all;
    },
  };
}
