import { type ErrorCode, VenuewireError } from '../errors.js';
import { checkRoles } from './check-roles.js';
import { type Count, Data, Field, type Fields, Filler, Group, Message, toEnd, When } from './field.js';
import { codeValue, isAtLeast } from './plan.js';
import type { EventRoles } from './roles.js';
import type { Messages } from './types.js';
import { isViewMember } from './view.js';

/** Bytes of the type fields together: a code is held exactly by a JavaScript number. */
const WIDEST_TYPE = 6;
/** Bytes of a length or a count that the native core reads. */
const WIDEST_COUNT = 4;
/** Faults that an error shows; a table that is wrong throughout would show thousands. */
const MOST_SHOWN = 10;

/** A fault of a message table. */
export interface TableFault {
  readonly code: ErrorCode;
  readonly where: string;
  readonly what: string;
}

/** What is checked: a table as it is declared, or the decoder that was made of it. */
export interface CheckedTable {
  readonly id: string;
  readonly header: Fields;
  readonly messageType: string | readonly string[] | null;
  readonly sbe?: { readonly blockLength: string } | undefined;
  readonly instrument?: string | readonly string[];
  readonly lengthField?: { readonly name: string } | undefined;
  readonly messages: Messages;
  readonly events?: EventRoles | undefined;
}

/**
 * What is wrong with a table: overlaps, holes, lengths that do not add up, codes used twice, labels and bits that do not fit
 * their fields, parts that refer to nothing, names that a view cannot have. Empty when it is sound. It looks at the
 * declaration alone: nothing is planned, so that it costs little when a table is defined.
 */
export const check = (table: CheckedTable): TableFault[] => new TableCheck(table).run();

/** @throws VenuewireError with the code of the first fault, and what is wrong in its message. */
export function assertSound(table: CheckedTable): void {
  const faults = check(table);
  const first = faults[0];
  if (first === undefined) return;
  const shown = faults.slice(0, MOST_SHOWN).map((f) => `${f.where}: ${f.what}`);
  if (faults.length > MOST_SHOWN) shown.push(`and ${faults.length - MOST_SHOWN} more`);
  throw new VenuewireError(
    first.code,
    `${table.id}: ${shown.join('; ')}`,
    'Correct the message table: declare reserved bytes, and offsets and lengths as the specification has them.',
  );
}

/** The fields that parts of a record may refer to: its own and those around it. */
interface Scope {
  readonly own: Map<string, Field>;
  readonly outer: Scope | undefined;
}

/** Which message has a code for its own, and which all codes that begin so. */
interface Codes {
  readonly own: Map<bigint, string>;
  readonly any: Map<bigint, string>;
}

/** How far the fixed part of a record goes, and whether anything variable follows. */
interface Extent {
  end: number;
  dynamic: boolean;
}

const NAME = /^[a-z][A-Za-z0-9]*$/;

class TableCheck {
  readonly #faults: TableFault[] = [];
  readonly #types: readonly Field[];
  constructor(readonly table: CheckedTable) {
    const { messageType } = table;
    const names = messageType === null ? [] : typeof messageType === 'string' ? [messageType] : messageType;
    this.#types = names.flatMap((name) => this.#headerField(name) ?? []);
  }

  #fault(code: ErrorCode, where: string, what: string): void {
    this.#faults.push({ code, where, what });
  }

  run(): TableFault[] {
    const { table } = this;
    const width = this.#types.reduce((n, f) => n + f.data.size, 0);
    if (width > WIDEST_TYPE)
      this.#fault('VW_LAYOUT_TYPE', 'messageType', `${width} bytes; at most ${WIDEST_TYPE} tell messages apart`);
    if (table.sbe !== undefined) this.#headerField(table.sbe.blockLength);
    if (table.lengthField !== undefined) this.#headerField(table.lengthField.name);
    const codes: Codes = { own: new Map(), any: new Map() };
    for (const [name, message] of Object.entries(table.messages)) {
      if (!NAME.test(name)) this.#fault('VW_LAYOUT_NAME', name, 'not a camelCase name');
      if (!(message instanceof Message)) this.#fault('VW_LAYOUT_PART', name, 'not a message of a table');
      else {
        this.#message(name, message);
        this.#codes(name, message, codes);
      }
    }
    this.#instrument();
    this.#faults.push(...checkRoles(table));
    return this.#faults;
  }

  #headerField(name: string): Field | undefined {
    const part = this.table.header[name];
    if (part instanceof Field && part.data.at >= 0) return part;
    this.#fault('VW_LAYOUT_REFERENCE', 'header', `there is no field '${name}' at a fixed place`);
    return undefined;
  }

  #instrument(): void {
    const { instrument = [], header, messages } = this.table;
    for (const key of typeof instrument === 'string' ? [instrument] : instrument) {
      if (key in header || Object.values(messages).some((m) => key in m.fields)) continue;
      this.#fault('VW_LAYOUT_INSTRUMENT', key, 'no message has the field that tells instruments apart');
    }
  }

  #message(name: string, message: Message): void {
    const { header, sbe } = this.table;
    const scope: Scope = { own: new Map(), outer: undefined };
    const extent: Extent = { end: 0, dynamic: false };
    this.#record(header, name, extent, 0, scope);
    const headerEnd = extent.end;
    for (const field of Object.keys(message.fields))
      if (field in header) this.#fault('VW_LAYOUT_NAME', `${name}.${field}`, 'hides a field of the header');
    extent.dynamic = false;
    this.#record(message.fields, name, extent, sbe === undefined ? 0 : headerEnd, scope, sbe !== undefined);
    const said = isAtLeast(message.length) ? message.length.atLeast : message.length;
    if (sbe !== undefined) {
      if (extent.end > headerEnd + said)
        this.#fault('VW_LAYOUT_LENGTH', name, `fields end at ${extent.end - headerEnd}, the block at ${said}`);
      return;
    }
    if (extent.end !== said)
      this.#fault('VW_LAYOUT_LENGTH', name, `fixed fields end at ${extent.end}, the length is ${said}`);
    if (extent.dynamic === isAtLeast(message.length)) return;
    const what = extent.dynamic ? 'has variable parts, but one length' : 'has no variable part, but no fixed length';
    this.#fault('VW_LAYOUT_LENGTH', name, what);
  }

  /** The parts of one record, in wire order. */
  #record(fields: Fields, where: string, extent: Extent, base: number, scope: Scope, block = false): void {
    for (const [name, part] of Object.entries(fields)) {
      const at = `${where}.${name}`;
      if (isViewMember(name)) this.#fault('VW_LAYOUT_NAME', at, 'views have a member of that name');
      if (!NAME.test(name)) this.#fault('VW_LAYOUT_NAME', at, 'not a camelCase name');
      if (part instanceof Field || part instanceof Filler || part instanceof Group) this.#place(part, at, extent, base);
      else if (part instanceof Data || part instanceof When) this.#place(part, at, extent, base);
      else if (part?.kind !== 'constant' && part?.kind !== 'composite')
        this.#fault('VW_LAYOUT_PART', at, 'not a part of a message table');
      if (
        (part instanceof Group || part instanceof Data) &&
        part.sinceVersion !== undefined &&
        this.table.sbe === undefined
      )
        this.#fault('VW_LAYOUT_SINCE', at, `added in version ${part.sinceVersion}, but no header tells the version`);
      if (part instanceof Field) {
        this.#field(part, name, at, fields, block);
        scope.own.set(name, part);
      } else if (part instanceof Group) this.#group(part, where, name, scope);
      else if (part instanceof When) {
        this.#refer(part.on, where, name, scope);
        this.#record(part.fields, at, { end: 0, dynamic: false }, 0, { own: new Map(), outer: scope });
      } else if (part instanceof Data && 'from' in part.length) this.#refer(part.length.from, where, name, scope);
    }
  }

  /** Where a part begins, against where what precedes it ends. */
  #place(part: Field | Filler | Group | Data | When, where: string, extent: Extent, base: number): void {
    const own = part instanceof Field ? part.data.at : part.at;
    const size = part instanceof Field ? part.data.size : part instanceof Filler ? part.size : undefined;
    const at = own + base;
    if (own >= 0) {
      const what = `begins at ${at}, what precedes ends at ${extent.end}`;
      if (extent.dynamic) this.#fault('VW_LAYOUT_ORDER', where, 'a fixed place after a part whose length is not known');
      else if (at < extent.end) this.#fault('VW_LAYOUT_OVERLAP', where, what);
      else if (at > extent.end) this.#fault('VW_LAYOUT_HOLE', where, what);
    }
    if (size !== undefined && size <= 0) this.#fault('VW_LAYOUT_SIZE', where, 'has no bytes');
    if (size === undefined || own < 0 || extent.dynamic) extent.dynamic = true;
    else extent.end = at + size;
  }

  #field(field: Field, name: string, where: string, beside: Fields, block: boolean): void {
    const { size, wire, places, values, nullValue, sinceVersion } = field.data;
    for (const [bit, place] of Object.entries(places ?? {})) {
      const [low, width] = typeof place === 'number' ? [place, 1] : place;
      if (low < 0 || width < 1 || low + width > 8 * size)
        this.#fault('VW_LAYOUT_BITS', `${where}.${bit}`, 'outside its field');
    }
    if (size === 8 && (wire === 'uint' || wire === 'int')) {
      for (const half of ['High', 'Low'])
        if (name + half in beside) this.#fault('VW_LAYOUT_NAME', where + half, 'hides the half of a 64-bit field');
    }
    const wrong = values === undefined ? undefined : Object.keys(values).find((code) => !holds(field, code));
    if (wrong !== undefined) this.#fault('VW_LAYOUT_LABEL', where, `cannot hold '${wrong}', which has a label`);
    if (nullValue !== undefined && (wire === 'uint' || wire === 'int') && !isWithin(nullValue, size))
      this.#fault('VW_LAYOUT_LABEL', where, `cannot hold ${nullValue}, which stands for no value`);
    if (sinceVersion !== undefined && !block)
      this.#fault('VW_LAYOUT_SINCE', where, `added in version ${sinceVersion}, but no block tells the version`);
  }

  #group(group: Group, where: string, name: string, scope: Scope): void {
    const at = `${where}.${name}`;
    const { count, size, fields } = group;
    this.#count(count, where, name, scope);
    const block = typeof count === 'object' && 'numInGroup' in count;
    const extent: Extent = { end: 0, dynamic: false };
    this.#record(fields, at, extent, 0, { own: new Map(), outer: scope }, block);
    if (block) {
      if (extent.end > size) this.#fault('VW_LAYOUT_LENGTH', at, `fields end at ${extent.end}, the block at ${size}`);
    } else if (extent.end !== size)
      this.#fault('VW_LAYOUT_LENGTH', at, `fields end at ${extent.end}, an entry at ${size}`);
    if (size === 0 && (count === toEnd || (typeof count === 'object' && 'untilLength' in count)))
      this.#fault('VW_LAYOUT_LENGTH', at, 'entries without bytes never end');
  }

  #count(count: Count, where: string, name: string, scope: Scope): void {
    const at = `${where}.${name}`;
    if (typeof count === 'string') this.#refer(count, where, name, scope);
    else if (typeof count === 'number') {
      if (!Number.isInteger(count) || count < 0)
        this.#fault('VW_LAYOUT_LENGTH', at, `${count} is no number of entries`);
    } else if (typeof count === 'object' && 'untilLength' in count) {
      if (!scope.own.has(count.untilLength))
        this.#refer(count.untilLength, where, name, { ...scope, outer: undefined });
    } else if (typeof count === 'object') {
      for (const [member, { data }] of Object.entries({
        blockLength: count.blockLength,
        numInGroup: count.numInGroup,
      })) {
        if (data.wire !== 'uint' || data.size > WIDEST_COUNT)
          this.#fault(
            'VW_LAYOUT_LENGTH',
            at,
            `its ${member} is no unsigned number of at most ${8 * WIDEST_COUNT} bits`,
          );
        else if (data.at < 0 || data.at + data.size > count.size)
          this.#fault('VW_LAYOUT_LENGTH', at, `its ${member} stands outside the ${count.size} bytes of the dimension`);
      }
    }
  }

  /** A part that another one reads must stand before it, in its record or around it. */
  #refer(name: string, where: string, from: string, scope: Scope): void {
    for (let s: Scope | undefined = scope; s !== undefined; s = s.outer) if (s.own.has(name)) return;
    const [message = where] = where.split('.');
    this.#fault('VW_LAYOUT_REFERENCE', message, `${where}.${from}: there is no field '${name}' before it`);
  }

  #codes(name: string, message: Message, codes: Codes): void {
    if (this.#types.length === 0) return;
    const width = this.#types.reduce((n, f) => n + f.data.size, 0);
    for (const code of message.codes) {
      const said = typeof code === 'object' ? code.prefix : code;
      const taken = typeof code === 'object' ? codes.any : codes.own;
      if (typeof said === 'number' ? !isWithin(said, width) || said < 0 : said.length > width) {
        this.#fault('VW_LAYOUT_CODE', name, `the type code ${said} does not fit its ${width} bytes`);
        continue;
      }
      const value = codeValue(said, width);
      const other = taken.get(value);
      if (other !== undefined && other !== name) {
        this.#fault('VW_LAYOUT_CODE', name, `has the type code of ${other}`);
        return;
      }
      taken.set(value, name);
    }
  }
}

const isWithin = (value: number | bigint, size: number): boolean => {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  const bound = 1n << BigInt(8 * size);
  return BigInt(value) < bound && BigInt(value) >= -bound / 2n;
};

/** Whether the field can have the code of a label. */
function holds(field: Field, code: string): boolean {
  const { wire, size } = field.data;
  switch (wire) {
    case 'uint':
    case 'int':
      return /^-?[0-9]+$/.test(code) && isWithin(BigInt(code), size);
    case 'char':
      return code.length <= 1;
    case 'text':
    case 'digits':
      return code.length <= size;
    default:
      return true;
  }
}
