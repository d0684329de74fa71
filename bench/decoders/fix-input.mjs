// The same FIX messages for every contender: incremental refreshes of one to four entries.
import { fix44 } from '../../dist/decoders/fix44.js';

export const decoder = fix44();
export const MESSAGES = 2000;
const chunks = [];
for (let i = 0; i < MESSAGES; i++) {
  const entries = Array.from({ length: 1 + (i % 4) }, (_, k) => ({
    MDUpdateAction: String(k % 3),
    MDEntryType: String(k % 2),
    MDEntryID: `e${i}-${k}`,
    Symbol: 'EUR/USD',
    MDEntryPx: `1.1${String(1000 + ((i * 7 + k) % 9000))}`,
    MDEntrySize: String(1000 * (1 + (i % 50))),
  }));
  chunks.push(
    decoder.encode('X', {
      SenderCompID: 'V',
      TargetCompID: 'C',
      MsgSeqNum: i,
      SendingTime: '20240102-10:00:00.000',
      NoMDEntries: entries,
    }),
  );
}
export const bytes = Uint8Array.from(Buffer.concat(chunks));
