/** London Stock Exchange GTP: replay and recovery over TCP, one request for each connection. */
import { lseGtpReplay262 } from '../decoders/lse-gtp-replay-26.2.js';
import { defineRecovery } from '../patterns/recovery.js';
import { credential, message, variable } from '../patterns/table.js';

const unit = { framing: 'lse-unit-header' };

/** The server closes after the request; logins that follow each other too soon are answered late. */
export const lseGtpReplay = defineRecovery({
  id: 'lse-gtp-replay',
  source: 'LSE GTP 26.2, Replay Service',
  unconfirmed: ['the table of the document prints other offsets for First Message; its order of fields is followed'],
  transport: 'tcp',
  connection: 'serverCloses',
  delivery: 'feedPackets',
  login: message(lseGtpReplay262, 'loginRequest', { username: credential('id') }, unit),
  request: message(
    lseGtpReplay262,
    'replayRequest',
    { firstMessage: variable('begin'), count: variable('count'), requestId: variable('correlation') },
    unit,
  ),
  limits: { age: 65_000, rates: [{ count: 3000, per: '1d' }], loginGap: '100ms' },
  replies: [
    { on: message(lseGtpReplay262, 'loginResponse', { loginStatus: 'A' }), do: 'loginAccepted' },
    { on: message(lseGtpReplay262, 'loginResponse'), do: 'loginRejected', number: 'loginStatus' },
    {
      on: message(lseGtpReplay262, 'replayResponse'),
      do: 'status',
      number: 'replayStatus',
      statuses: { A: 'accepted', O: 'unavailable', U: 'nextServer', c: 'retry', e: 'retry' },
    },
    { on: message(lseGtpReplay262, 'replayAndRecoveryComplete'), do: 'complete' },
  ],
});
