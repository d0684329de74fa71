import { defineModel } from '../model.js';

export const model = defineModel({
  without: { 'two senders after a failover': 'no public source says that the old sender may go on' },
});
