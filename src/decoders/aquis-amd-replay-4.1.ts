import { defineDecoder, message, text, u8, u32 } from '../layout/table.js';

/** Aquis Exchange AMD replay (TCP) 4.1: Aquis Market Data (AMD) 4.1. */
export const aquisAmdReplay41 = defineDecoder({
  id: 'aquis-amd-replay-4.1',
  venue: 'Aquis Exchange',
  feed: 'AMD replay (TCP)',
  version: '4.1',
  specification: 'Aquis Market Data (AMD) 4.1',
  framing: 'aquis-amd-tcp',
  byteOrder: 'little',
  header: {
    msgType: u8(0),
    msgLength: u8(1),
    seqNo: u32(2).big(),
  },
  messageType: 'msgType',
  longer: 'tolerated',
  lengthField: { name: 'msgLength' },
  checked: ['neither a capture nor a second source to compare with'],
  messages: {
    login: message(13, 26, {
      username: text(6, 10).padded('nul'),
      password: text(16, 10).padded('nul'),
    }),
    replayRequest: message(14, 14, {
      beginSeqNo: u32(6),
      endSeqNo: u32(10),
    }),
    replayResponse: message(15, 7, {
      responseCode: u8(6, {
        0: 'Login Successful',
        1: 'Bad Begin Seq No in Resend Request',
        2: 'Bad End Seq No in Resend Request',
      }),
    }),
  },
});
