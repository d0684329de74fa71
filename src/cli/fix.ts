/** FIX messages as they are printed: the core hands them on as text, the dictionary of FIX 4.4 names their fields. */
import type { Found } from '../capture/messages.js';
import { fix44 } from '../decoders/fix44.js';
import { fixText } from '../decoders/fix44-text.js';
import { VenuewireError } from '../errors.js';
import { FixView } from '../fix/index.js';
import type { Decoder, View } from '../layout/index.js';
import { hex } from '../layout/values.js';
import { printableWord } from '../printable.js';
import { didYouMean, usage } from './exit.js';
import { type Format, type Formatter, instantText, quote, rowHead, rowText } from './format.js';

/** A message's name and its fields. */
export interface Read {
  readonly name: string;
  readonly fields: object;
}

/** What a logon says and no output shows: Password, NewPassword, RawData, EncryptedPassword, EncryptedNewPassword. */
const SECRET_TAGS: ReadonlySet<number> = new Set([554, 925, 96, 1402, 1404]);
const HIDDEN = '***';
const LOGON = 'A';
/** A secret in a message that cannot be read. */
const SECRET_TEXT = new RegExp(`(\\b(?:${[...SECRET_TAGS].join('|')})=)[^\\u0001]*`, 'g');

/** What a field is called in an object: its name, or its tag where the dictionary does not have it. */
const fieldName = (tag: number): string => fix44().dictionary.fields.get(tag)?.name ?? String(tag);

function withoutSecrets(fields: object): object {
  const secret = new Set([...SECRET_TAGS].map(fieldName));
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, secret.has(name) ? HIDDEN : value]));
}

/** The bytes of a message; those that a ring shares with the core cannot be given to a text decoder: they are copied. */
const bytesOf = ({ $data, $at, $end }: View): Uint8Array =>
  new Uint8Array($data.buffer, $data.byteOffset + $at, $end - $at).slice();

/** Reads the messages of a decoder that leaves them as text; undefined for any other decoder. */
export function textReader(decoder: Decoder): ((message: View) => Read) | undefined {
  if (decoder.id !== fixText.id) return undefined;
  const fix = fix44();
  const view = new FixView();
  return (message) => {
    const bytes = bytesOf(message);
    try {
      fix.decode(view, bytes);
      const fields = fix.toObject(view);
      return {
        name: view.type?.name ?? 'unknown',
        fields: view.type?.type === LOGON ? withoutSecrets(fields) : fields,
      };
    } catch (cause) {
      if (!(cause instanceof VenuewireError)) throw cause;
      const text = Buffer.from(bytes).toString('latin1').replace(SECRET_TEXT, `$1${HIDDEN}`);
      return { name: 'malformed', fields: { code: cause.code, text } };
    }
  };
}

/** 64-bit integers as decimal text, bytes as hexadecimal digits. */
const exact = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? hex(value) : value;

/** The fields as JSON. */
export const fieldsJson = ({ fields }: Read): string => JSON.stringify(fields, exact);

/** Every field with where its value is: `[name, value, offset, size]`, offsets from the payload's first byte. */
function leavesOf(message: View, base: number): readonly (readonly [string, string, number, number])[] {
  const fix = fix44();
  const view = new FixView();
  const bytes = bytesOf(message);
  try {
    fix.decode(view, bytes);
  } catch (cause) {
    if (!(cause instanceof VenuewireError)) throw cause;
  }
  return Array.from({ length: view.count }, (_, i) => {
    const tag = view.tagAt(i);
    const at = view.startAt(i);
    const hidden = view.type?.type === LOGON && SECRET_TAGS.has(tag);
    return [fieldName(tag), hidden ? HIDDEN : view.textAt(i), message.$at - base + at, view.endAt(i) - at] as const;
  });
}

/** As `formatter`, of FIX messages; undefined for any decoder whose messages are not text. */
export function textFormatter(format: Format, decoder: Decoder): Formatter | undefined {
  const read = textReader(decoder);
  if (read === undefined) return undefined;
  const common = ({ packet, time, channel, sequence }: Found): string =>
    `"packet":${packet},"time":"${time}","channel":"${channel}","sequence":"${sequence}"`;
  switch (format) {
    case 'ndjson':
      return {
        head: '',
        message: (found) => {
          const text = read(found.view);
          return `{${common(found)},"message":${quote(text.name)},"fields":${fieldsJson(text)}}`;
        },
      };
    case 'leaves':
      return {
        head: '',
        message: ({ packet, view, base }) =>
          `{"packet":${packet},"message":${quote(read(view).name)},"leaves":${JSON.stringify(leavesOf(view, base))}}`,
      };
    case 'pretty':
      return {
        head: '',
        message: ({ packet, time, channel, sequence, view }) => {
          const text = read(view);
          const lines = JSON.stringify(text.fields, exact, 2).split('\n').slice(1, -1).map(printableWord);
          return `#${packet}  ${instantText(time)}  ${channel}  seq ${sequence}  ${text.name}\n${lines.join('\n')}\n`;
        },
      };
    case 'table':
      return {
        head: rowHead(NAME_WIDTH),
        message: (found) => {
          const text = read(found.view);
          return rowText(found, text.name, NAME_WIDTH, printableWord(fieldsJson(text)));
        },
      };
    case 'csv':
      return {
        head: 'packet,time,channel,sequence,message,fields',
        message: ({ packet, time, channel, sequence, view }) => {
          const text = read(view);
          return `${packet},${time},${channel},${sequence},${text.name},"${fieldsJson(text).replaceAll('"', '""')}"`;
        },
      };
  }
}
const NAME_WIDTH = 30;

/** What is not the name of a message of the dictionary. */
const OTHER_NAMES = ['unknown', 'malformed'];

/** The names of messages as they are asked for, in the dictionary's spelling. */
function wantedNames(asked: readonly string[]): ReadonlySet<string> {
  const names = [...[...fix44().dictionary.messages.values()].map((m) => m.name), ...OTHER_NAMES];
  return new Set(
    asked.map((word) => {
      const name = names.find((n) => n.toLowerCase() === word.toLowerCase());
      if (name !== undefined) return name;
      const all = `they are ${names.join(', ')}`;
      throw new VenuewireError(
        'VW_MESSAGE_NAME',
        `FIX 4.4 has no message '${word}' here`,
        didYouMean(word, names, all),
      );
    }),
  );
}

const hasSymbol = (fields: object, symbol: string): boolean =>
  Object.entries(fields).some(([name, value]) =>
    Array.isArray(value)
      ? value.some((entry) => typeof entry === 'object' && entry !== null && hasSymbol(entry, symbol))
      : name === 'Symbol' && value === symbol,
  );

/** As `filters`, of FIX messages; undefined for any decoder whose messages are not text. */
export function textFilter(
  decoder: Decoder,
  options: { readonly message?: readonly string[]; readonly where?: string; readonly symbol?: string },
): ((view: View) => boolean) | undefined {
  const read = textReader(decoder);
  if (read === undefined) return undefined;
  if (options.where !== undefined)
    throw usage('--where is not for FIX messages', 'Choose by --message and --symbol, or pipe ndjson through jq.');
  const names = options.message && wantedNames(options.message);
  const { symbol } = options;
  if (names === undefined && symbol === undefined) return () => true;
  return (view) => {
    const { name, fields } = read(view);
    return (names === undefined || names.has(name)) && (symbol === undefined || hasSymbol(fields, symbol));
  };
}
