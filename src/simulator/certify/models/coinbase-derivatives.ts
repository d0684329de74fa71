import { defineModel } from '../model.js';

export const model = defineModel({
  feed: {
    // Messages of requests, snapshots and cycles are not part of the stream.
    without: ['retransmitRequest', 'retransmitReject', 'endOfCycle', 'endOfSnapshot', 'orderSnapshot'],
    header: {
      data: [{ offset: 18, size: 1, value: 1 }],
      retransmission: [{ offset: 18, size: 1, value: 5 }],
      snapshot: [{ offset: 18, size: 1, value: 2 }],
    },
  },
});
