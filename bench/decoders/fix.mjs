// FIX tag=value: node fix.mjs views|objects COUNT SECONDS
import { FixView } from '../../dist/fix/index.js';
import { bytes, decoder, MESSAGES } from './fix-input.mjs';
import { measure } from './measure.mjs';

const [how, , seconds] = process.argv.slice(2);
const view = new FixView();
measure(
  `FIX ${how}`,
  MESSAGES,
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
