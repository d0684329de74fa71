import { defineModel } from '../model.js';

export const model = defineModel({
  without: {
    'two senders after a failover':
      'the backup publisher begins with the reset once the other has failed: it says nothing more',
  },
});
