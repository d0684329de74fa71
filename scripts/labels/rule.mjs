/**
 * The text of a code's label, from the spelling that schemas and dissectors have (`Us_Equity`, `NoAggressor`, `PRE_OPEN`):
 *
 * 1. underscores and joined words become words, typographic characters plain ones;
 * 2. a text that is all capitals gets capitals at its words' beginnings only;
 * 3. abbreviations and proper names are written as the specifications write them (`WRITTEN` below);
 * 4. articles, conjunctions and short prepositions inside a text are small, words that the source has small stay so;
 * 5. what no rule can know is in `reviewed.json`: the specification's wording, text by text.
 *
 * The rule changes nothing in a text that it made.
 */
import { readFileSync } from 'node:fs';

/** Abbreviations and names, as they are written. */
const WRITTEN = new Map(
  `
  ACTX ADF ADR ADRs ADS AESP AHFT AHT AIM AIP AMND AOC AOD AON AOT APA AQS ASCII ASX AVD AtomX BBMNET BBO BENC BOLO BOVESPA BQT
  BSE BTF BX BYX BZX BoB CAD CAS CBBC CBLC CBSX CCASS CCP CER CES CFD CFE CFR CHX CIF CLIP CLSE CLS CNH COA COAF CPX CQCC CQS
  CSAM CSE CSI CTA CTS CUSIP CXA CXAC CXAF CXAM CXAN CXAP CAIM CUBE DATF DBV DCM DCRP DLP DPBM DPM DPR DTERM DUPL ECRP ECX
  EDGA EDGX EDSP EFM EFN EFP EFS EIB EMA EOD EONIA EOO ETF ETFs ETMF ETN ETNs ETP ETPs EU EUA EUAA FCOJ FINRA FLEX FLIP FOB FOPT
  FRA FSP FSRP FTSE FULA FULF FULJ FULV FWAF FX GC GCF GEMX GTC GTD GTH HDR HSI HSIL HOLDRS IBF ICAP ICE ICS ID IDs IDAF IDQS
  IEP IEX IEXG IFUS ILQD IMM IP IPE IPL IPO IPXS ISE ISIN ISO JBO JGB JPY JSE KOBE KOBI KOSDAQ KOSPI LIP LLC LMTF LNG LP LRGS
  LRP LSE LTSE LULD LiS MEMX MIAX MICEX MLEG MOC MPI MPID MRX MSCI MTF MTFs MWCB NASD NAV NBBO NDEX NFC NGL NGX NLIQ NMS NOII
  NPFT NSE NSX NTR NYBOT NYH NYSE OCC OCM OILQ OMDD OMX OOTC OPCVM OPG OPRA ORP OSE OTC OTCBB OTCID OTCQB OTCQX OTF PAKO PEA
  PHLX PIM PIP PITCH PNDG PRIC PSX QCC QCT QMF QTPIP RBOB RFC RFMD RFPT RFQ RFQs RIN RLP RMB RPI RPRI RTH SAM SCOA SDIV SEHK SGD
  SICOMI SIP SOFR SOH SPAC SRD SRO SRP SSE SST STP SUM SZSE TAA TAC TAM TAQA TBD TCP TMX TNCP TOPS TPAC TPL TRF TRQB TSX TSXV
  TTF TTL TWAP TXSE UAT UDP UK US USD UTP VCM VOLO VOLW VWAP WCO WTI XDP XFPH XMT YDSP ZTP iNAV DEEP OPTEXER SFUT CFUT OPRA'
  IBOVESPA II CETES FIX SBE UTC GMT EST CSV PDF API SMP VIX ORS SWX TSE CBOT NYMEX COMEX MCX MISO PJM ERCOT NEPOOL CAISO AECO
  Cboe Nasdaq Euronext Aquis Arca EUR GBP CHF KRW HKD AUD NZD SEK NOK DKK MOO LOO LOC OPBX NBO NBB BOE BATO BOD TSXA XetraEurexEnlight
  OpenBook UQDF UTDF CTB TDDS ATS ECN OMS FCM ADAP KOSCOM HSVF SOLA CLOB OCO EBBO NEX XT SME REIT REITs CDS CLO ELW DLS KONEX
  `
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => [word.toLowerCase(), word]),
);

/** The specification's wording where the rule cannot find it: source's text, or what the rule makes of it, to wording. */
const REVIEWED = new Map(Object.entries(JSON.parse(readFileSync(new URL('reviewed.json', import.meta.url), 'utf8'))));
const FINAL = new Set(REVIEWED.values());

/** Small inside a text. */
const SMALL = new Set(
  'a an and as at but by for from in into nor of on onto or out per than that the to upon via with'.split(' '),
);
/** Joined to the word behind with a hyphen. */
const PREFIXES = new Set(['non', 'pre', 're', 'semi', 'bi']);
/** Behind these a single A is a name, not the article. */
const NAMED_BY_LETTER = new Set(
  'tape class segment group series type tier part form reg schedule market spread sse szse side'.split(' '),
);
/** In front of a letter or at the end these belong to a verb. */
const PARTICLES = new Set(['in', 'on', 'out', 'by']);

const PLAIN = [
  [/\u00ad\s*/g, '-'],
  [/\ufb00/g, 'ff'],
  [/\s*\u2014\s*/g, ': '],
  [/[\u2018\u2019]/g, "'"],
  [/\u00a0/g, ' '],
];

/** @param {string} text */
const isShouted = (text) => !/[a-z]/.test(text) && /[A-Z]{2}/.test(text);

/** `NoAggressor` as words; names that are written so stay. @param {string} word */
function parted(word) {
  if (WRITTEN.get(word.toLowerCase()) === word) return word;
  return word.replace(/([a-z])([A-Z0-9])/g, '$1 $2').replace(/([A-Z]{2,})([A-Z][a-z]{2,})/g, '$1 $2');
}

/** @param {string} word @param {boolean} inside @param {string} before @param {boolean} shouted */
function written(word, inside, before, shouted) {
  const low = word.toLowerCase();
  // Round brackets and marks around a word are no part of it.
  const core = /^([("']*)(.*?)([)"',.:;]*)$/.exec(word);
  if (core && (core[1] !== '' || core[3] !== '') && core[2] !== '')
    return core[1] + written(core[2], inside, before, shouted) + core[3];
  if (word.includes('-') || word.includes('/'))
    return word
      .split(/([-/])/)
      .map((part) => (/^[-/]?$/.test(part) ? part : written(part, inside, '', shouted)))
      .join('');
  if (inside && SMALL.has(low) && !(low === 'a' && NAMED_BY_LETTER.has(before.toLowerCase()))) return low;
  const known = WRITTEN.get(low);
  // A word that the source writes small is a word.
  if (known !== undefined && (word !== low || known === low)) return known;
  return shouted && /[A-Z]{2}/.test(word) ? word.charAt(0) + word.slice(1).toLowerCase() : word;
}

/**
 * The label for a text of a schema or dissector.
 * @param {string} raw
 * @returns {string}
 */
export function labelText(raw) {
  const reviewed = REVIEWED.get(raw);
  if (reviewed !== undefined) return reviewed;
  if (FINAL.has(raw)) return raw;
  let text = raw;
  for (const [what, to] of PLAIN) text = text.replace(what, to);
  const shouted = isShouted(text) && text.split(/[ _]+/).some((word) => !WRITTEN.has(word.toLowerCase()));
  const words = text
    .split(/[\s_]+/)
    .filter((word) => word !== '')
    .flatMap((word) => parted(word).split(' '));
  const made = words
    .map((word, i) => {
      const last = i === words.length - 1;
      const particle = PARTICLES.has(word.toLowerCase()) && /^[A-Z]/.test(word) && !shouted && last;
      return written(word, i > 0 && !last && !particle, words[i - 1] ?? '', shouted);
    })
    .join(' ')
    .replace(/\b([A-Z][a-z]+) (?=[A-Za-z])/g, (all, word) => (PREFIXES.has(word.toLowerCase()) ? `${word}-` : all));
  const first = words[0] ?? '';
  const begun = WRITTEN.get(first.toLowerCase()) === first ? made : made.charAt(0).toUpperCase() + made.slice(1);
  return REVIEWED.get(begun) ?? begun;
}
