// What an editor shows of a message's field: asked of TypeScript's language service, as editors do, about the declarations
// that the package brings.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeDeclaration, describePart } from '../../scripts/describe-fields.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(root, 'test', 'types', 'hovers.example.ts');
const HANDLERS = `
import { openFeed } from 'venuewire';
import { itch50 } from 'venuewire/decoders/itch50';
import { cmeMdp3Sbe113 } from 'venuewire/decoders/cme-mdp3-sbe-1.13';
import { FastDecoder } from 'venuewire/fast';
import type { FixView } from 'venuewire/fix';
import { krakenSpot2 } from 'venuewire/decoders/kraken-spot-2';
import { ctaCqs210 } from 'venuewire/decoders/cta-cqs-2.10';
import { char, defineDecoder, message, price4, u32, u8, type Handlers } from 'venuewire/layout';
import { nasdaqTotalView } from 'venuewire/venues/nasdaq-totalview';

const feed = await openFeed(nasdaqTotalView({ lines: {} }));
await feed.run({
  addOrder(/*the view*/m) {
    m./*itch price*/price;
    m./*itch side*/buySellIndicator;
    m./*itch time*/timestamp;
      if (m.buySellIndicator === '/*itch offers*/') return;
  },
  /*a message*/stockTradingAction(m) {
    m./*a blank*/reasonCode;
  },
});
feed.on('/*event offers*/', () => {});
feed.on('gapOpend', () => {});
const { message: name, fields } = itch50.decode(new Uint8Array(36));
if (name === 'addOrder') fields./*decoded*/buySellIndicator;
itch50.view('addOrder')./*bound view*/price;

const sbe: Handlers<typeof cmeMdp3Sbe113> = {
  mdIncrementalRefreshBook46(m) {
    m./*sbe time*/transactTime;
    for (const entry of m.noMDEntries) {
      entry./*entry price*/mdEntryPx;
      entry./*entry action*/mdUpdateAction;
      entry.mdUpdateAction === /*entry offers*/;
    }
    m.noMDEntries.toArray()[0]?./*plain entry*/mdEntryType;
  },
};
const json: Handlers<typeof krakenSpot2> = {
  trade(m) {
    m./*json price*/price;
    m./*json side*/side;
    m./*json time*/time;
  },
};
const cta: Handlers<typeof ctaCqs210> = {
  longQuote(m) {
    m./*variant*/nationalBestBidLongAppendage;
  },
};
const own = defineDecoder({
  id: 'own-1', venue: 'Own', feed: 'own', version: '1', specification: 'ours', framing: 'moldudp64', byteOrder: 'big',
  header: { type: u8(0) }, messageType: 'type',
  messages: {
    quote: message(1, 6, {
      /** What one lot costs. */
      price: u32(1, price4),
      side: char(5, { B: 'Buy', S: 'Sell' }),
    }),
  },
});
const mine: Handlers<typeof own> = {
  quote(m) {
    m./*own price*/price;
    m./*own side*/side;
  },
};
declare const fast: FastDecoder;
for (const m of fast.messages(new Uint8Array(0))) m.fields./*fast*/get('MDEntryPx');
declare const fix: FixView;
fix./*fix*/scaled(270, -4);
void [sbe, json, cta, mine];
`;

const described = new Map<string, string>();

/** The declaration of a message table as the build writes it, also where only tsc was run. */
async function declaration(name: string): Promise<void> {
  const path = join(root, 'dist', 'decoders', `${name}.d.ts`);
  const exported = (await import(pathToFileURL(path.replace('.d.ts', '.js')).href)) as object;
  described.set(path, describeDeclaration(readFileSync(path, 'utf8'), exported));
}

const read = (path: string): string | undefined =>
  path === PROGRAM ? HANDLERS : (described.get(path) ?? (existsSync(path) ? readFileSync(path, 'utf8') : undefined));

const service = ts.createLanguageService({
  getCompilationSettings: () => ({
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    baseUrl: root,
    paths: {
      venuewire: ['dist/index.d.ts'],
      'venuewire/layout': ['dist/layout/index.d.ts'],
      'venuewire/fast': ['dist/fast/index.d.ts'],
      'venuewire/fix': ['dist/fix/index.d.ts'],
      'venuewire/*': ['dist/*.d.ts'],
    },
  }),
  getScriptFileNames: () => [PROGRAM],
  getScriptVersion: () => '1',
  getScriptSnapshot: (path) => {
    const text = read(path);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => path === PROGRAM || ts.sys.fileExists(path),
  readFile: read,
  directoryExists: ts.sys.directoryExists,
});

const placeOf = (mark: string): number => HANDLERS.indexOf(`/*${mark}*/`) + mark.length + 4;

/** The line and the text that an editor shows there. */
function hover(mark: string): readonly [string, string] {
  const info = service.getQuickInfoAtPosition(PROGRAM, placeOf(mark));
  return [ts.displayPartsToString(info?.displayParts), ts.displayPartsToString(info?.documentation)];
}

beforeAll(async () => {
  for (const name of ['itch50', 'cme-mdp3-sbe-1.13', 'kraken-spot-2', 'cta-cqs-2.10']) await declaration(name);
}, 60_000);

/** A union's members in one order: the compiler's depends on what it has seen before. */
const sorted = (line: string): string => {
  const [name = '', type = ''] = line.split(': ');
  return `${name}: ${type.split(' | ').sort().join(' | ')}`;
};

/** What it offers there. */
const offers = (mark: string): string[] =>
  (service.getCompletionsAtPosition(PROGRAM, HANDLERS.indexOf(`/*${mark}*/`), undefined)?.entries ?? []).map(
    ({ name }) => name,
  );

describe('an editor shows of a field', () => {
  const SIDE = '`B` Buy · `S` Sell.';
  const DECIMAL = (exponent: number): string => `× 10^${exponent}: \`fieldText\` writes the decimal.`;
  const EPOCH = 'ns since 1970-01-01 UTC.';
  it.each([
    ['of a table, in a handler', 'itch price', 'price: number', DECIMAL(-4)],
    ['a code in a handler', 'itch side', 'buySellIndicator: (string & {}) | "S" | "B"', SIDE],
    ['a time in a handler', 'itch time', 'timestamp: number', 'ns since midnight.'],
    ['of decoder.decode', 'decoded', 'buySellIndicator: (string & {}) | "S" | "B"', SIDE],
    ['of decoder.view', 'bound view', 'price: number', DECIMAL(-4)],
    ['of SBE', 'sbe time', 'transactTime: bigint', EPOCH],
    ['of a group entry', 'entry price', 'mdEntryPx: bigint | null', `${DECIMAL(-9)} \`null\`: no value.`],
    [
      'a number that is a code',
      'entry action',
      'mdUpdateAction: 0 | 1 | 2 | (number & {}) | 3 | 4 | 5',
      '`0` New · `1` Change · `2` Delete · `3` Delete Thru · `4` Delete From · `5` Overlay.',
    ],
    ['of JSON', 'json price', 'price: bigint', DECIMAL(-10)],
    ['a code of JSON', 'json side', 'side: (string & {}) | "S" | "B"', SIDE],
    ['a time of JSON', 'json time', 'time: bigint', EPOCH],
    ['of a table of one’s own, as its source says', 'own price', 'price: number', 'What one lot costs.'],
    ['a code of such a table', 'own side', 'side: (string & {}) | "S" | "B"', ''],
  ])('%s', (_, mark, type, text) => {
    const [line, said] = hover(mark);
    expect(said).toBe(text);
    expect(sorted(line)).toBe(sorted(`(property) ${type}`));
  });

  it('of an entry as a plain object, all words of its codes', () => {
    expect(hover('plain entry')[1]).toMatch(/^`0` Bid · `1` Offer · .*`x` Market Best Bid\.$/);
  });
  it('that is blank where it has no code', () => {
    expect(hover('a blank')[1]).toContain('`T1` Halt: News Pending · ');
    expect(hover('a blank')[1]).toMatch(/ · blank Reason Not Available\.$/);
  });
  it('that may be absent, when it is there', () => {
    expect(hover('variant')[1]).toBe('There when `nationalBboIndicator` is `Q`, `S`, `W`.');
  });
  it('of FAST and FIX, whose fields are known when the program runs, what is asked for', () => {
    expect(hover('fast')[1]).toContain('its value, or undefined when it is absent');
    expect(hover('fix')[1]).toContain('an integer of 10^exponent units');
  });
});

describe('an editor', () => {
  it('names message and table, not the whole table', () => {
    const view = 'RecordView<FieldsOf<Decoder<Itch50Header, Itch50Messages>';
    expect(hover('the view')[0]).toBe(`(parameter) m: ${view}, "addOrder">>`);
    expect(hover('a message')[0]).toContain(`((message: ${view}, "stockTradingAction">>`);
  });
  it('offers the codes of a field', () => {
    expect(offers('itch offers').sort()).toEqual(['B', 'S']);
    expect(offers('event offers')).toEqual(expect.arrayContaining(['notice', 'unknown', 'gapOpened', 'gapAbandoned']));
    expect(offers('entry offers').slice(0, 6).sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

it('says of a misspelt event that there is none of that name', () => {
  const at = HANDLERS.indexOf("'gapOpend'");
  const found = service.getSemanticDiagnostics(PROGRAM).filter(({ start }) => start === at);
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([
    expect.stringContaining("\"gapOpend\"' is not assignable to parameter of type 'keyof FeedEvents'"),
  ]);
});

it('is told of every field that has a scale, a unit or words: every tenth table', async () => {
  const tables = readdirSync(join(root, 'dist', 'decoders')).filter((name) => name.endsWith('.d.ts'));
  expect(tables.length).toBeGreaterThan(290);
  const wrong: string[] = [];
  for (const name of tables.filter((_, i) => i % 10 === 0)) {
    const path = join(root, 'dist', 'decoders', name);
    // A table under its id is the same table again.
    if (/^export \{ \w+ \} from/m.test(readFileSync(path, 'utf8'))) continue;
    const exported = (await import(pathToFileURL(path.replace('.d.ts', '.js')).href)) as Record<string, unknown>;
    const text = describeDeclaration(readFileSync(path, 'utf8'), exported);
    for (const table of Object.values(exported)) {
      const { messages } = (table ?? {}) as { messages?: Readonly<Record<string, { fields: Record<string, object> }>> };
      for (const { fields } of Object.values(messages ?? {}))
        for (const [field, part] of Object.entries(fields)) {
          const said = describePart(part);
          if (said !== '' && !text.includes(`${said} */ ${field}: `)) wrong.push(`${name}: ${field}`);
        }
    }
  }
  expect(wrong).toEqual([]);
});
