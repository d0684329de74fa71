/**
 * Snapshot loops of venues that give nothing back on request: Eurex, Euronext, ICE, B3. What both lines lost is given up,
 * and a cycle of the loop carries what it did.
 */
import { b3UmdfSbe22 } from '../../decoders/b3-umdf-sbe-2.2.js';
import { eurexEobi141 } from '../../decoders/eurex-eobi-14.1.js';
import { euronextOptiq667 } from '../../decoders/euronext-optiq-6.67.js';
import { iceImpact1151 } from '../../decoders/ice-impact-1.1.51.js';
import { defineSnapshot } from '../../patterns/snapshot.js';
import { message } from '../../patterns/table.js';

/**
 * Product after product: a Product Summary says up to which of the product's own numbers its orders are. There is no
 * number of the channel in it, so a cycle is new enough when it reaches the first message of each product that is held
 * behind the gap. A product that has been silent since proves nothing: compare its next number with its summary's.
 */
export const eurexSnapshot = defineSnapshot({
  id: 'eurex-eobi-snapshot',
  source: 'Eurex T7 EOBI 14.1, Snapshot Channel',
  unconfirmed: [
    'a cycle is taken from the Product Summary whose MsgSeqNum is 0 to the next such one',
    'ApplSeqNum of the snapshot channel goes on from cycle to cycle, so that a lost end is seen',
  ],
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'everyInstrument', of: 'item' },
  replies: [
    {
      on: message(eurexEobi141, 'productSummary', { msgSeqNum: 0 }),
      do: 'snapshotBegin',
      number: 'lastMsgSeqNumProcessed',
    },
    { on: message(eurexEobi141, 'productSummary'), do: 'snapshotNumber', number: 'lastMsgSeqNumProcessed' },
  ],
});

/**
 * The snapshot's number is the market data sequence number that all channels of an aggregator share. Each message carries
 * one, so delivery goes on with the first held packet that has a greater one; the snapshot is new enough when it reaches
 * the first message held behind the gap.
 */
export const optiqSnapshot = defineSnapshot({
  id: 'euronext-optiq-snapshot',
  source: 'Euronext Optiq MDG 5.31, Market Data Snapshot',
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'before', of: 'item' },
  replies: [
    { on: message(euronextOptiq667, 'startOfSnapshot'), do: 'snapshotBegin', number: 'lastMDSeqNum' },
    { on: message(euronextOptiq667, 'endOfSnapshot'), do: 'snapshotEnd' },
  ],
});

/** Market after market, without a mark of where a cycle begins: it is over when its first market comes again. */
export const impactSnapshot = defineSnapshot({
  id: 'ice-impact-snapshot',
  source: 'ICE iMpact 1.1.51, Market Snapshot',
  unconfirmed: [
    'lastMessageSequenceId is the session’s number when the market’s snapshot was made, not that of its last change',
    'a full cycle repeats its markets in the same order',
    'the snapshot group numbers its own packets',
  ],
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'everyInstrument' },
  replies: [
    {
      on: message(iceImpact1151, 'marketSnapshot'),
      do: 'snapshotItem',
      number: 'lastMessageSequenceId',
      key: 'marketId',
    },
  ],
});

/** Packet 1 begins a cycle; each instrument's header has the packet number that it is valid at, and how many there are. */
export const umdfSnapshot = defineSnapshot({
  id: 'b3-umdf-snapshot',
  source: 'B3 Binary UMDF 2.2, Snapshot Recovery',
  unconfirmed: ['the packets of each cycle are numbered from 1'],
  transport: 'udp',
  from: 'loop',
  number: { is: 'lastIncluded', comes: 'everyInstrument' },
  replies: [
    { when: { offset: 4, size: 4, equals: 1 }, of: 'packet', do: 'snapshotBegin' },
    {
      on: message(b3UmdfSbe22, 'snapshotFullRefreshHeader30'),
      do: 'snapshotNumber',
      number: 'lastMsgSeqNumProcessed',
      total: 'totNumReports',
    },
  ],
});
