import { defineModel } from '../model.js';

export const model = defineModel({
  without: {
    'two senders after a failover': 'both lines come from one sender',
  },
});
