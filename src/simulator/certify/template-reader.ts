/** Reads what a client says back by the templates that write it. */
import { VenuewireError } from '../../errors.js';
import type { Decoder } from '../../layout/index.js';
import { type Framing, textValue } from '../../patterns/framing.js';
import { findFraming } from '../../patterns/framings.js';
import type { Outgoing, VariableName } from '../../patterns/table.js';

export type Values = Record<string, unknown>;

/** A table of a resolved venue. */
export const tableOf = (table: string | Decoder): Decoder => {
  if (typeof table !== 'string') return table;
  throw new VenuewireError(
    'VW_VENUE_UNRESOLVED',
    `The table '${table}' has not been loaded`,
    'Resolve the venue first.',
  );
};

/** What a template says when it comes back from the wire. */
export interface Said {
  readonly fields: Values;
  readonly variables: ReadonlyMap<VariableName, bigint | string>;
}

/** Reads one kind of client message back: constants must agree, variables are told. */
export class TemplateReader {
  readonly #decoder: Decoder | undefined;
  readonly #skip: number = 0;
  /** The number of the packet that the request travels in, where the engine fills it in. */
  readonly #number:
    | { readonly variable: VariableName; readonly place: { offset: number; size: number }; readonly big: boolean }
    | undefined;

  constructor(
    readonly outgoing: Outgoing,
    feed: Framing,
  ) {
    if (!('message' in outgoing)) return;
    this.#decoder = tableOf(outgoing.table);
    if (outgoing.in !== undefined) {
      const f = outgoing.in.framing === 'feed' ? feed : findFraming(outgoing.in.framing);
      if (f !== undefined) this.#skip = f.headerLength + f.message.prefix;
      const { sequence } = outgoing.in;
      if (f?.sequence !== undefined && typeof sequence === 'object' && 'variable' in sequence) {
        const big = (f.sequence.byteOrder ?? f.byteOrder) === 'big';
        this.#number = { variable: sequence.variable, place: f.sequence, big };
      }
    }
  }

  read(bytes: Uint8Array): Said | undefined {
    if ('fix' in this.outgoing) return this.#fix(bytes);
    return 'message' in this.outgoing ? this.#table(bytes) : undefined;
  }

  #fix(bytes: Uint8Array): Said | undefined {
    const fields: Values = {};
    const parts = new Set(Buffer.from(bytes).toString('latin1').split('\x01'));
    for (const part of parts) {
      const eq = part.indexOf('=');
      if (eq > 0) fields[part.slice(0, eq)] = part.slice(eq + 1);
    }
    const variables = new Map<VariableName, bigint | string>();
    for (const [tag, value] of (this.outgoing as Extract<Outgoing, { fix: unknown }>).fix) {
      const got = fields[String(tag)];
      if (typeof value === 'object') {
        if (got === undefined) return undefined;
        if ('variable' in value) {
          const text = String(got);
          const number = /^\d+$/.test(text) ? BigInt(text) - BigInt(value.add ?? 0) : text;
          variables.set(value.variable, value.variable === 'echo' ? text : number);
        }
      } else if (!parts.has(`${tag}=${value}`)) return undefined; // a tag may come several times
    }
    return { fields, variables };
  }

  #table(bytes: Uint8Array): Said | undefined {
    const decoder = this.#decoder as Decoder;
    const { message, values } = this.outgoing as Extract<Outgoing, { message: string }>;
    const index = decoder.indexOf(message);
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.length - this.#skip;
    if (length <= 0 || decoder.lengthCheck(index, length) !== 'ok') return undefined;
    if (decoder.messageType.length > 0 && decoder.messageIndex(data, this.#skip, length) !== index) return undefined;
    const fields = decoder.view(message).bind(data, this.#skip, length).toObject() as unknown as Values;
    const variables = new Map<VariableName, bigint | string>();
    if (!this.#values(values, fields, variables)) return undefined;
    if (this.#number !== undefined) {
      const { variable, place, big } = this.#number;
      let n = 0n;
      for (let i = 0; i < place.size; i++)
        n = (n << 8n) | BigInt(bytes[place.offset + (big ? i : place.size - 1 - i)] ?? 0);
      variables.set(variable, n);
    }
    for (const [variable, value] of variables) fields[`@${variable}`] = value;
    return { fields, variables };
  }

  /** Notes what the variables hold; false: a constant is another. */
  #values(values: Values, fields: Values, variables: Map<VariableName, bigint | string>): boolean {
    for (const [name, value] of Object.entries(values)) {
      const got = fields[name];
      if (Array.isArray(value)) {
        const entries = got as Values[];
        if (!value.every((entry, i) => this.#values(entry as Values, entries[i] ?? {}, variables))) return false;
      } else if (typeof value === 'object' && value !== null) {
        if (!('variable' in value)) continue;
        const of = value as { variable: VariableName; add?: number };
        const text = typeof got === 'string' ? got.trim() : got;
        if (text === null || text === undefined || text === '') continue;
        const isText = of.variable === 'session' && typeof text === 'string';
        const number = typeof text === 'string' && !/^\d+$/.test(text) ? textValue(text) : BigInt(String(text));
        variables.set(of.variable, isText ? text : number - BigInt(of.add ?? 0));
      } else if (String(got).trim() !== String(value).trim() && !(got instanceof Uint8Array)) return false;
    }
    return true;
  }
}
