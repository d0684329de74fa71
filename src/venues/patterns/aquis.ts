/** Aquis Market Data: replay over TCP. */
import { aquisAmdReplay41 } from '../../decoders/aquis-amd-replay-4.1.js';
import { defineRecovery } from '../../patterns/recovery.js';
import { credential, message, variable } from '../../patterns/table.js';

/** An accepted request has no answer: the messages just come, each with its number. */
export const aquisReplay = defineRecovery({
  id: 'aquis-replay',
  source: 'Aquis Market Data 4.1, Replay',
  transport: 'tcp',
  framing: 'aquis-amd-tcp',
  login: message(aquisAmdReplay41, 'login', { username: credential('username'), password: credential('password') }),
  request: message(aquisAmdReplay41, 'replayRequest', { beginSeqNo: variable('begin'), endSeqNo: variable('last') }),
  replies: [
    { on: message(aquisAmdReplay41, 'replayResponse', { responseCode: 0 }), of: 'packet', do: 'loginAccepted' },
    {
      on: message(aquisAmdReplay41, 'replayResponse'),
      of: 'packet',
      do: 'status',
      number: 'responseCode',
      statuses: { 1: 'unavailable', 2: 'unavailable' },
    },
    { of: 'packet', do: 'message', number: { offset: 2, size: 4, byteOrder: 'big' } },
  ],
});
