/**
 * What the tables of this library are written with: the language of `index.ts`, but a table is not checked each time that
 * it is imported. The tests check every one, as does opening a feed; what a program that only decodes loads is smaller by
 * the checks.
 */
import { Decoder, type DecoderTable } from './decoder.js';
import type { Fields } from './field.js';
import type { Messages } from './types.js';

export * from './field.js';
export type { EventRoles, EventRule, Role } from './roles.js';
export type { Decoder, DecoderTable };

export const defineDecoder = <H extends Fields, M extends Messages>(table: DecoderTable<H, M>): Decoder<H, M> =>
  new Decoder(table);
