/** FIX tag=value: which fields there are, what messages and groups they make up. */
import { VenuewireError } from '../errors.js';

/** How a value is read: `int` and `length` are numbers, `price` and `qty` keep their decimals, the rest is text. */
export type FixType = 'int' | 'length' | 'decimal' | 'char' | 'text' | 'boolean' | 'data' | 'numInGroup';

export interface FixField {
  readonly tag: number;
  readonly name: string;
  readonly type: FixType;
  /** Codes and what they stand for. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  /** Of a data field: the tag that carries its length, sent directly before it. */
  readonly lengthTag?: number | undefined;
}
export interface FixGroup {
  /** The tag that carries the number of entries. */
  readonly tag: number;
  readonly name: string;
  /** The first field of each entry. */
  readonly first: number;
  readonly members: FixMembers;
}
/** Tag to group for groups, to nothing for fields, in the order of the dictionary. */
export type FixMembers = ReadonlyMap<number, FixGroup | undefined>;
export interface FixMessageType {
  readonly type: string;
  readonly name: string;
  readonly members: FixMembers;
}

export interface FixDictionary {
  /** What BeginString says, for example FIX.4.4. */
  readonly begin: string;
  readonly fields: ReadonlyMap<number, FixField>;
  readonly messages: ReadonlyMap<string, FixMessageType>;
  readonly header: FixMembers;
  readonly trailer: FixMembers;
}

export const fixFault = (what: string, hint = 'Correct the dictionary.'): VenuewireError =>
  new VenuewireError('VW_FIX_DICTIONARY', what, hint);

const TYPES: Readonly<Record<string, FixType>> = {
  INT: 'int',
  SEQNUM: 'int',
  DAYOFMONTH: 'int',
  TAGNUM: 'int',
  LENGTH: 'length',
  NUMINGROUP: 'numInGroup',
  FLOAT: 'decimal',
  PRICE: 'decimal',
  PRICEOFFSET: 'decimal',
  QTY: 'decimal',
  QUANTITY: 'decimal',
  AMT: 'decimal',
  PERCENTAGE: 'decimal',
  CHAR: 'char',
  BOOLEAN: 'boolean',
  DATA: 'data',
  RAWDATA: 'data',
  XMLDATA: 'data',
};
/** A dictionary's word for a type; what is not listed is text. */
export const fixType = (word: string): FixType => TYPES[word.toUpperCase()] ?? 'text';

/** Links each data field with the length field that stands before it in the dictionary's numbering or naming. */
export function linkLengths(fields: Map<number, FixField>): void {
  const byName = new Map([...fields.values()].map((f) => [f.name.toLowerCase(), f]));
  for (const f of fields.values()) {
    if (f.type !== 'data' || f.lengthTag !== undefined) continue;
    const base = f.name.toLowerCase();
    const length =
      byName.get(`${base}length`) ?? byName.get(`${base}len`) ?? byName.get(`${base.replace(/^raw/, 'raw')}length`);
    if (length !== undefined && length.type !== 'data') fields.set(f.tag, { ...f, lengthTag: length.tag });
  }
}

/**
 * A dictionary from the compact text form. One statement a line, `#` begins a comment:
 *
 * ```text
 * begin FIX.4.4
 * 35 MsgType text
 * 269 MDEntryType char 0=Bid 1=Offer 2=Trade
 * header 8 9 35 49 56 34 52
 * trailer 10
 * W MarketDataSnapshotFullRefresh 55 268(269 270 271)
 * ```
 *
 * A field line is tag, name, type and codes; a message line is type, name and tags, groups in brackets.
 * @throws VenuewireError `VW_FIX_DICTIONARY`
 */
export function readFixDictionary(text: string): FixDictionary {
  let begin = '';
  const fields = new Map<number, FixField>();
  const parts: { words: string; line: number; to: (m: FixMembers) => void }[] = [];
  const messages = new Map<string, FixMessageType>();
  let header: FixMembers = new Map();
  let trailer: FixMembers = new Map();
  text.split('\n').forEach((raw, i) => {
    const body = raw.replace(/(^|\s)#.*$/, '').trim();
    if (body === '') return;
    const line = i + 1;
    const [first = '', second = '', ...rest] = body.split(/\s+/);
    const after = body.slice(first.length).trim();
    if (first === 'begin') begin = second;
    else if (first === 'header')
      parts.push({
        words: after,
        line,
        to: (m) => {
          header = m;
        },
      });
    else if (first === 'trailer')
      parts.push({
        words: after,
        line,
        to: (m) => {
          trailer = m;
        },
      });
    else if (/^[0-9]+$/.test(first) && rest.length > 0 && !/^[0-9(]/.test(rest[0] ?? '')) {
      const tag = Number(first);
      if (fields.has(tag)) throw fixFault(`line ${line}: tag ${tag} is there twice`);
      const values = Object.fromEntries(
        rest.slice(1).map((v) => {
          const at = v.indexOf('=');
          if (at < 1) throw fixFault(`line ${line}: '${v}' is no code and its name`);
          return [v.slice(0, at), v.slice(at + 1)];
        }),
      );
      const type = fixType(rest[0] ?? '');
      const known = { int: 1, length: 1, decimal: 1, char: 1, text: 1, boolean: 1, data: 1, numInGroup: 1 };
      const named = (rest[0] ?? '') in known ? (rest[0] as FixType) : type;
      fields.set(tag, { tag, name: second, type: named, values: rest.length > 1 ? values : undefined });
    } else {
      const words = after.slice(second.length).trim();
      parts.push({ words, line, to: (members) => messages.set(first, { type: first, name: second, members }) });
    }
  });
  linkLengths(fields);
  for (const { words, line, to } of parts) to(membersOf(words, line, fields));
  if (begin === '') throw fixFault('does not say begin');
  return { begin, fields, messages, header, trailer };
}

function membersOf(words: string, line: number, fields: ReadonlyMap<number, FixField>): FixMembers {
  const tokens = words.match(/[0-9]+|[()]|[^\s()0-9]+/g) ?? [];
  let at = 0;
  const list = (depth: number): FixMembers => {
    const out = new Map<number, FixGroup | undefined>();
    while (at < tokens.length && tokens[at] !== ')') {
      const tag = Number(tokens[at++]);
      const field = fields.get(tag);
      if (field === undefined) throw fixFault(`line ${line}: there is no field ${tokens[at - 1]}`);
      if (tokens[at] !== '(') {
        out.set(tag, undefined);
        continue;
      }
      at++;
      if (depth > 8) throw fixFault(`line ${line}: groups stand in each other more than 8 deep`);
      out.set(tag, makeGroup(field, list(depth + 1), `line ${line}`));
      if (tokens[at++] !== ')') throw fixFault(`line ${line}: a bracket is not closed`);
    }
    return out;
  };
  const out = list(0);
  if (at !== tokens.length) throw fixFault(`line ${line}: a bracket too many`);
  return out;
}

export function makeGroup(field: FixField, members: FixMembers, where: string): FixGroup {
  const first = members.keys().next().value;
  if (first === undefined) throw fixFault(`${where}: the group ${field.name} is empty`);
  return { tag: field.tag, name: field.name, first, members };
}
