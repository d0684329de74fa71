import { describe, expect, it } from 'vitest';
import { labelText } from '../../scripts/labels/rule.mjs';
import { decoders } from '../../src/decoders/registry.js';
import type { Fields } from '../../src/layout/index.js';

/** Every label of a table with where it stands. */
function* labelsOf(fields: Fields, where: string): Generator<[where: string, label: string]> {
  for (const [name, part] of Object.entries(fields)) {
    const values = part.kind === 'field' ? part.data.values : part.kind === 'constant' ? part.values : undefined;
    for (const [code, label] of Object.entries(values ?? {})) yield [`${where}.${name} '${code}'`, label];
    if (part.kind === 'group' || part.kind === 'when') yield* labelsOf(part.fields, `${where}.${name}`);
  }
}

async function everyLabel(): Promise<[string, string][]> {
  const all: [string, string][] = [];
  for (const entry of decoders) {
    const decoder = await entry.load();
    all.push(...labelsOf(decoder.header, entry.id));
    for (const [name, message] of Object.entries(decoder.messages))
      all.push(...labelsOf(message.fields, `${entry.id} ${name}`));
  }
  return all;
}

/** Written with capitals by every specification that has them. */
const ABBREVIATIONS =
  /\b(Us|Uk|Iex|Nyse|Ipo|Etf|Etfs|Etn|Etns|Etp|Finra|Luld|Otc|Bbo|Nbbo|Psx|Iso|Trf|Nms|Rfq|Vwap|Mpid)\b/;
/** Small inside a text. */
const CAPITAL_PARTICLES = /\S (Of|The|And|Or|An|To|For|From|Into|With) \S/;
/** Names that are written with a capital inside. */
const NAMES =
  /LiS|BoB|AtomX|iNAV|OpenBook|EnLight|AxJ|MiFID|STIRs|AutoX|TRADEcho|ETNs|ETFs|ETCs|SFPs|ETPs|MPIDs|SROs|CXLs|gC|IDs|OneChicago/g;

describe('labels', () => {
  it('are as the rule makes them, each of every decoder (node scripts/labels/apply.mjs src/decoders mends them)', async () => {
    const wrong = (await everyLabel()).filter(([, label]) => labelText(label) !== label);
    expect(wrong.map(([where, label]) => `${where}: '${label}' is written '${labelText(label)}'`)).toEqual([]);
  });

  it('have no underscores, joined words, soft hyphens, small abbreviations or capital particles', async () => {
    const wrong = (await everyLabel()).filter(
      ([, label]) =>
        /_|[\u00ad\ufb00-\ufb04]| {2}|^ | $/.test(label) ||
        /[a-z][A-Z]/.test(label.replace(NAMES, '')) ||
        ABBREVIATIONS.test(label) ||
        CAPITAL_PARTICLES.test(label),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['Trading Halted Across All Us Equity Markets', 'Trading Halted Across All US Equity Markets'],
    ['Released Into An Order Acceptance Period On Iex', 'Released into an Order Acceptance Period on IEX'],
    ['Alpha Index Et Ns', 'Alpha Index ETNs'],
    ['Sec 144 A', 'Sec. 144A'],
    ['Large_in_Scale__LiS__Trade___Provisional_price', 'Large in Scale (LiS) Trade, provisional price'],
    ['Resumption_of_trading', 'Resumption of trading'],
    ['TRADING_SESSION_HIGH_PRICE', 'Trading Session High Price'],
    ['PRIC', 'PRIC'],
    ['IPOAuctionFreeze', 'IPO Auction Freeze'],
    ['NoAggressor', 'No Aggressor'],
    ['O\ufb00 Book', 'Off Book'],
    ['Non Ipo New Listed Security', 'Non-IPO New Listed Security'],
    ['Regulated_Market_Equities_Segment_A', 'Regulated Market, Equities, Segment A'],
    ['Carried On', 'Carried On'],
  ])('%s is written %s, and stays so', (raw, label) => {
    expect(labelText(raw)).toBe(label);
    expect(labelText(label)).toBe(label);
  });
});
