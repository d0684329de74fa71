/** Decoders and framings by the ids that are typed. */
import { Option } from 'commander';
import { type DecoderEntry, decoders, findDecoder } from '../decoders/registry.js';
import { VenuewireError } from '../errors.js';
import type { Decoder } from '../layout/index.js';
import type { Framing } from '../patterns/framing.js';
import { findFraming, framings } from '../patterns/framings.js';
import { didYouMean } from './exit.js';

/** @throws VenuewireError `VW_DECODER_UNKNOWN` with the nearest ids. */
export function chooseDecoder(id: string): DecoderEntry {
  const entry = findDecoder(id);
  if (entry !== undefined) return entry;
  throw new VenuewireError(
    'VW_DECODER_UNKNOWN',
    `there is no decoder '${id}'`,
    didYouMean(
      id,
      decoders.map((d) => d.id),
      'list decoders',
    ),
  );
}

/** @throws VenuewireError `VW_FRAMING_UNKNOWN` with the nearest ids. */
export function chooseFraming(id: string): Framing {
  const framing = findFraming(id);
  if (framing !== undefined) return framing;
  throw new VenuewireError(
    'VW_FRAMING_UNKNOWN',
    `there is no framing '${id}'`,
    didYouMean(
      id,
      framings.map((f) => f.id),
      'list framings',
    ),
  );
}

/** @throws VenuewireError `VW_MESSAGE_NAME` with the nearest names. */
export function chooseMessages(decoder: Decoder, names: readonly string[]): Set<number> {
  return new Set(
    names.map((name) => {
      const index = decoder.names.findIndex((n) => n.toLowerCase() === name.toLowerCase());
      if (index >= 0) return index;
      throw new VenuewireError(
        'VW_MESSAGE_NAME',
        `${decoder.id} has no message '${name}'`,
        didYouMean(name, decoder.names, `list decoders --format ndjson; docs/protocols/${decoder.id}.md has them`),
      );
    }),
  );
}

/** An option whose value is one of a few words. */
export const oneOf = (flags: string, says: string, choices: readonly string[], fallback?: string): Option => {
  const option = new Option(flags, says).choices(choices);
  return fallback === undefined ? option : option.default(fallback);
};

/** A list separated by commas. */
export const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '');

/** A whole number in a range. */
export const wholeNumber =
  (name: string, least: number, most: number) =>
  (text: string): number => {
    const n = Number(text);
    if (Number.isInteger(n) && n >= least && n <= most) return n;
    throw new VenuewireError(
      'VW_USAGE',
      `${name}: '${text}' is not a whole number from ${least} to ${most}`,
      'Correct the value.',
    );
  };

const part = (name: string, text: string): number => {
  const p = Number(text);
  if (text.trim() !== '' && p >= 0 && p <= 1) return p;
  throw new VenuewireError(
    'VW_USAGE',
    `${name}: '${text}' is not a number from 0 to 1`,
    'Write for example 0.02 for two in a hundred.',
  );
};

/** A number from 0 to 1. */
export const probability =
  (name: string) =>
  (text: string): number =>
    part(name, text);

/** One number from 0 to 1, or one for each line. */
export const probabilities =
  (name: string) =>
  (text: string): number[] =>
    text.split(',').map((p) => part(name, p));
