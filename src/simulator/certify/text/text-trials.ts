/** What a venue that sends text is put through: which faults its declarations call for, and what must come of each. */
import { VenuewireError } from '../../../errors.js';
import { jsonDecoderOf } from '../../../internet/replay.js';
import type { Venue } from '../../../patterns/venue.js';
import { INTERNET_FAULTS, type InternetFault } from '../../internet/faults.js';
import { SIMULATED, type Simulated, SYMBOLS } from '../../internet/simulated.js';
import type { Random } from '../../random.js';
import type { TextScenario, TextStage } from './text-run.js';

/** A scenario by its name. */
export interface TextTrial extends TextScenario {
  readonly name: string;
  readonly says: string;
}

const SAYS: Readonly<Record<InternetFault, string>> = {
  drop: 'the connection is lost without a word',
  cutMidMessage: 'the connection is lost in the middle of a message',
  wrongChecksum: 'a checksum is not that of the book',
  gap: 'messages of an instrument are lost',
  damaged: 'a message comes cut in half',
  silence: 'nothing comes for longer than the venue allows',
  slow: 'what is said comes late, and then at once',
  close1001: 'the server goes away',
  close1006: 'the WebSocket ends without a close',
  close1013: 'the server asks to be tried later',
  http429: 'too many connections, says the server, and for how long to rest',
  http503: 'the server is not available, and says for how long to rest',
  expiredToken: 'the token is no longer good, and a new one comes a little later',
  clockSkew: 'the clocks of the venue and of this machine are 37 s apart',
  maintenance: 'the venue rests, sends all away, and admits nobody for a while',
};
const TOLD: Readonly<Partial<Record<InternetFault, string>>> = {
  silence: 'VW_SILENCE',
  http429: 'VW_HTTP_RATE',
  http503: 'VW_HTTP_STATUS',
  expiredToken: 'VW_LOGIN_REFUSED',
  clockSkew: 'VW_CLOCK_SKEW',
};
/** What no book is in doubt behind. */
const HARMLESS: readonly InternetFault[] = ['slow', 'clockSkew'];

/** Whether a fault can happen there, and be seen: how it is declared decides. */
function happens(fault: InternetFault, { venue, dialect }: TextStage): boolean {
  const [line] = Object.values(venue.lines ?? {});
  const { integrity, subscription } = venue;
  if (fault === 'wrongChecksum') return integrity?.checksum !== undefined;
  if (fault === 'gap') {
    const { type = 'none' } = integrity?.position ?? {};
    return integrity?.checksum !== undefined || type === 'sequence' || type === 'range';
  }
  if (fault.startsWith('close')) return line?.type === 'websocket';
  if (fault.startsWith('http')) return line?.type !== 'tls';
  if (fault === 'expiredToken') return (subscription?.credentials?.type ?? 'none') !== 'none';
  if (fault === 'clockSkew') return subscription?.clock !== undefined && dialect.tellsTime !== false;
  return true;
}

function toldOf(fault: InternetFault, { venue, dialect }: TextStage): readonly string[] {
  const code = TOLD[fault];
  if (code !== undefined) return [code];
  const says = dialect.maintenance !== undefined && (venue.subscription?.maintenance ?? []).length > 0;
  return fault === 'maintenance' && says ? ['VW_MAINTENANCE'] : [];
}

/** A lost message that changed nothing within the depth leaves the checksum right. */
const staleBehind = (fault: InternetFault, { venue, symbols }: TextStage): TextScenario['stale'] =>
  symbols.length === 0
    ? 'perhaps'
    : HARMLESS.includes(fault)
      ? 'never'
      : fault === 'gap' && venue.integrity?.checksum !== undefined
        ? 'perhaps'
        : 'always';

const ALL = Object.keys(INTERNET_FAULTS) as InternetFault[];
const AT_ONCE_MOST = 6;

/** In the order of the report. */
export function trialsOf(stage: TextStage): readonly TextTrial[] {
  const here = ALL.filter((fault) => happens(fault, stage));
  const single = here.map(
    (fault): TextTrial => ({
      name: fault,
      says: SAYS[fault],
      faults: () => [fault],
      told: toldOf(fault, stage),
      stale: staleBehind(fault, stage),
    }),
  );
  const some = (random: Random): InternetFault[] =>
    Array.from({ length: 2 + random.below(AT_ONCE_MOST) }, () => random.pick(here));
  return [
    { name: 'steady', says: 'nothing goes wrong', faults: () => [], told: [], stale: 'never' },
    ...single,
    { name: 'everything', says: 'one thing after the other', faults: some, told: [], stale: 'perhaps' },
  ];
}

const noDialect = (id: string): VenuewireError =>
  new VenuewireError(
    'VW_CERTIFY_TEXT',
    `${id} sends text, and nothing here speaks as it does`,
    `These can be played: ${Object.keys(SIMULATED).join(', ')}; venue files with their tables too.`,
  );

/** Ready venues that send text and can be played. */
export const textModels: readonly string[] = Object.keys(SIMULATED);

/**
 * A ready venue by its id, or one of a file: its own declarations, played by the dialect of its table.
 * @throws VenuewireError `VW_CERTIFY_TEXT` when there is no dialect of its table
 */
export function textStageOf(id: string, own?: Venue): TextStage {
  const byId = own === undefined ? SIMULATED[id] : undefined;
  const simulated = byId ?? Object.values(SIMULATED).find((s) => s.make({}).decoder.id === own?.decoder.id);
  if (simulated === undefined) throw noDialect(id);
  const symbols = simulated.symbols ?? SYMBOLS;
  const instruments = symbols.map((symbol) => simulated.dialect.instrumentOf?.(symbol) ?? symbol);
  const venue = own === undefined ? simulated.make({ instruments }) : withInstruments(own, simulated, instruments);
  const decoder = jsonDecoderOf(venue);
  if (decoder === undefined) throw noDialect(id);
  return { id, venue, decoder, dialect: simulated.dialect, symbols };
}

/** A venue of one's own, with simulated instruments and credentials. */
function withInstruments(own: Venue, simulated: Simulated, instruments: string[]): Venue {
  const like = simulated.make({ instruments }).subscription;
  if (own.subscription === undefined || like === undefined) throw noDialect(own.name);
  const { credentials } = like;
  return { ...own, subscription: { ...own.subscription, instruments, credentials } };
}
