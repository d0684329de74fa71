// Recordings of internet venues in memory, so that only what a client does with the messages is measured.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { recordedMessages } from '../../dist/internet/recording.js';

const FOLDER =
  process.env.VENUEWIRE_RECORDINGS ?? fileURLToPath(new URL('../../../shared/samples/internet', import.meta.url));

/** By venue: the recording, and what in a message says that it changes a book. */
export const VENUES = {
  kraken: {
    file: 'kraken/kraken-v2-book10-btcusd.frames.jsonl',
    isUpdate: (text) => text.includes('"book"') && text.includes('"data"'),
  },
  coinbase: {
    file: 'coinbase/coinbase-exchange-level2.frames.jsonl.gz',
    isUpdate: (text) => text.startsWith('{"type":"l2update"') || text.startsWith('{"type":"snapshot"'),
  },
  binance: {
    file: 'binance/binance-depth100ms.frames.jsonl.gz',
    isUpdate: (text) => text.includes('depthUpdate') || text.startsWith('{"lastUpdateId"'),
  },
  betfair: { file: 'betfair/betfair-self-1.200806927.jsonl.gz', isUpdate: (text) => text.includes('"mc":[') },
};

/** @returns {Promise<{ text: string, url?: string, receivedNs: bigint }[]>} */
export async function messagesOf(venue) {
  const file = `${FOLDER}/${VENUES[venue].file}`;
  if (!existsSync(file)) throw new Error(`${file} is not there: give a folder of recordings by VENUEWIRE_RECORDINGS`);
  const messages = [];
  for await (const message of recordedMessages(file)) messages.push(message);
  return messages;
}
