/**
 * Messages in the normal form, as bytes: what both executions of a program give, and what digests are made of. The form is
 * described in native/core/fast.hpp.
 */
import { CHARACTERS } from '../layout/values.js';
import { fastFault } from './model.js';
import type { Body, FastProgram, FieldNode, Node } from './program.js';
import { piecesOf } from './reader.js';
import { FastMessage, type FastRecord, fastRecordClass, type RecordClass } from './record.js';
import { decodeUtf8, FastDecimal, inside, type Wide } from './values.js';

const HIGH = 0x1_0000_0000;

class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  #room(size: number): number {
    const at = this.#used;
    this.#used += size;
    if (this.#used > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#used, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
  there(yes: boolean): boolean {
    const at = this.#room(1);
    this.#bytes[at] = yes ? 1 : 0;
    return yes;
  }
  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }
  integer(value: Wide): void {
    const at = this.#room(8);
    if (typeof value === 'bigint') {
      this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
      return;
    }
    this.#view.setUint32(at, value % HIGH, true);
    this.#view.setInt32(at + 4, Math.floor(value / HIGH), true);
  }
  bytes(value: Uint8Array): void {
    this.u32(value.length);
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#used);
  }
}

/** A message's record: the same bytes that the native execution writes of it. */
export function fastRecordBytes(message: FastMessage): Uint8Array {
  const w = new Writer();
  writeMessage(w, message);
  return w.finish();
}

function writeMessage(w: Writer, message: FastMessage): void {
  w.u32(message.id);
  writeItems(w, message.fields);
}

function writeItems(w: Writer, record: FastRecord): void {
  const { nodes } = record.$body;
  for (let i = 0; i < nodes.length; i++) {
    const value = record.$values[i];
    if (!w.there(value !== undefined)) continue;
    const node = nodes[i] as Node;
    switch (node.kind) {
      case 'field':
        if (value instanceof FastDecimal) writeDecimal(w, value);
        else if (typeof value === 'string' || value instanceof Uint8Array) w.bytes(piecesOf(value));
        else w.integer(value as Wide);
        break;
      case 'split':
        writeDecimal(w, value as FastDecimal);
        break;
      case 'sequence': {
        const entries = value as FastRecord[];
        w.u32(entries.length);
        for (const entry of entries) writeItems(w, entry);
        break;
      }
      case 'group':
        writeItems(w, value as FastRecord);
        break;
      case 'reference':
        writeMessage(w, value as FastMessage);
        break;
    }
  }
}

function writeDecimal(w: Writer, value: FastDecimal): void {
  w.integer(value.$mantissa);
  w.u32(value.exponent >>> 0);
}

/** Reads the records that a program's execution wrote. */
export class FastRecords {
  readonly #classes: (RecordClass | undefined)[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(readonly program: FastProgram) {}

  /**
   * The message of the record that begins `bytes`; `offset` and `next` are where it stood in the stream.
   * @throws VenuewireError `VW_FAST_VALUE` when the bytes are no record of the program.
   */
  read(bytes: Uint8Array, offset = 0, next = 0): FastMessage {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#at = 0;
    try {
      return this.#message('', offset, next);
    } catch (cause) {
      if (cause instanceof RangeError) throw strange('ends too early');
      throw cause;
    }
  }

  #message(context: string, offset: number, next: number): FastMessage {
    const id = this.#u32();
    const template = this.program.byId(id, context);
    if (template === undefined) throw strange(`is of template ${id}, which is not there`);
    return new FastMessage(template.name, id, this.#items(template.body), offset, next, template.reset);
  }

  #items(body: Body): FastRecord {
    let Record = this.#classes[body.id];
    if (Record === undefined) {
      Record = fastRecordClass(body);
      this.#classes[body.id] = Record;
    }
    const values: unknown[] = [];
    const { nodes } = body;
    for (let i = 0; i < nodes.length; i++) values.push(this.#item(nodes[i] as Node));
    return new Record(values);
  }

  #item(node: Node): unknown {
    if (this.#view.getUint8(this.#at++) === 0) return undefined;
    switch (node.kind) {
      case 'field':
        return this.#field(node);
      case 'split':
        return this.#decimal();
      case 'sequence': {
        const n = this.#u32();
        if (n > this.#bytes.length) throw strange(`has ${n} entries`);
        const entries: FastRecord[] = [];
        for (let i = 0; i < n; i++) entries.push(this.#items(node.body));
        return entries;
      }
      case 'group':
        return this.#items(node.body);
      case 'reference':
        return this.#message(node.context, 0, 0);
    }
  }

  #field(node: FieldNode): unknown {
    switch (node.type) {
      case 'ascii': {
        const bytes = this.#text();
        let out = '';
        for (let i = 0; i < bytes.length; i++) out += CHARACTERS[(bytes[i] as number) & 0x7f];
        return out;
      }
      case 'unicode':
        return decodeUtf8(this.#text()) ?? '';
      case 'byteVector':
        return this.#text().slice();
      case 'decimal':
        return this.#decimal();
      case 'uInt64':
        return this.#integer(true);
      case 'int64':
        return this.#integer(false);
      default: {
        const value = this.#integer(false);
        if (!inside(value, node.type)) throw strange(`has ${value} where there is an ${node.type}`);
        return value;
      }
    }
  }

  #u32(): number {
    const at = this.#at;
    this.#at = at + 4;
    return this.#view.getUint32(at, true);
  }
  #integer(unsigned: boolean): Wide {
    const at = this.#at;
    this.#at = at + 8;
    const view = this.#view;
    const high = unsigned ? view.getUint32(at + 4, true) : view.getInt32(at + 4, true);
    const value = high * HIGH + view.getUint32(at, true);
    if (Number.isSafeInteger(value)) return value;
    return unsigned ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
  }
  #decimal(): FastDecimal {
    const mantissa = this.#integer(false);
    return new FastDecimal(mantissa, this.#u32() | 0);
  }
  #text(): Uint8Array {
    const size = this.#u32();
    const from = this.#at;
    if (size > this.#bytes.length - from) throw strange('ends too early');
    this.#at = from + size;
    return this.#bytes.subarray(from, this.#at);
  }
}

const strange = (what: string) =>
  fastFault('VALUE', `the record ${what}`, 'Read records with the program that wrote them.');
