import { defineModel } from '../model.js';

export const model = defineModel({
  servers: { 'lse-mitch-replay': { partly: 'refuse' } },
});
