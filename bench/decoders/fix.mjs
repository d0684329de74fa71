// FIX tag=value: node fix.mjs views|objects COUNT SECONDS
import { fix44 } from '../../dist/decoders/fix44.js';
import { FixView } from '../../dist/layout/fix/index.js';
import { measure } from './measure.mjs';

const [how, , seconds] = process.argv.slice(2);
const decoder = fix44();
const chunks = [];
for (let i = 0; i < 2000; i++) {
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
const bytes = Uint8Array.from(Buffer.concat(chunks));
const view = new FixView();
measure(
  `FIX ${how}`,
  chunks.length,
  () => {
    let seen = 0;
    for (let at = 0; at < bytes.length; ) {
      at = decoder.decode(view, bytes, at);
      if (how === 'objects') {
        if (decoder.toObject(view).NoMDEntries.length > 0) seen++;
      } else if (view.int(34) >= 0 && view.scaled(270, -5) > 0 && view.int(268) > 0 && view.byte(269) > 0) seen++;
    }
    return seen;
  },
  Number(seconds),
);
