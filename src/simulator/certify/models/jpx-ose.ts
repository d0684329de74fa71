import { defineModel } from '../model.js';

export const model = defineModel({
  // An idle line is silent for 50 ms at most.
  feed: { heartbeatNs: 50_000_000 },
});
