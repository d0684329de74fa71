import { defineModel } from '../model.js';

export const model = defineModel({
  // These begin and end a replay and are never on the lines.
  feed: { without: ['adminLogin15', 'adminLogout16'] },
});
