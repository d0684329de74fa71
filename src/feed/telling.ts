/** What a feed tells besides its events: a logger's lines, and the channels of `node:diagnostics_channel`. */
import { channel } from 'node:diagnostics_channel';
import { NOTICE_TYPE, type NoticeType } from '../contract.js';
import { VenuewireError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import type { Notice } from './batch.js';

/** Takes lines for people: `console` is one, and so are the loggers of most frameworks. */
export interface FeedLogger {
  info(text: string, notice?: Notice): void;
  warn(text: string, notice?: Notice): void;
}

/** The names of the channels of `node:diagnostics_channel`; each message has the feed, those of `notice` the notice. */
export const DIAGNOSTICS = {
  open: 'venuewire:open',
  notice: 'venuewire:notice',
  close: 'venuewire:close',
} as const;
const channels = {
  open: channel(DIAGNOSTICS.open),
  notice: channel(DIAGNOSTICS.notice),
  close: channel(DIAGNOSTICS.close),
};

/** Publishes what happened to a feed, where somebody listens. */
export function publish(
  what: keyof typeof DIAGNOSTICS,
  message: { readonly feed: object; readonly notice?: Notice },
): void {
  const to = channels[what];
  if (to.hasSubscribers) to.publish(message);
}

/** What somebody has to look at. */
const WARNINGS: ReadonlySet<NoticeType> = new Set([
  ...(['gapAbandoned', 'stale', 'snapshotFailed', 'recoveryFailed', 'windowFull'] as const),
  ...(['sequenceJump', 'slowConsumer', 'lineDown', 'malformed', 'elsewhere'] as const),
]);

/** `gapAbandoned of channel 1: 17 to 20 (timedOut)`; `foreign`: where packets went that are for no line. */
export function noticeText(notice: Notice, channelName: string | undefined, foreign: readonly string[] = []): string {
  const { type, begin, end, count, reason } = notice;
  const where = channelName === undefined ? '' : ` of ${channelName}`;
  const numbers =
    end - begin === 1n ? ` ${begin}` : end > begin ? ` ${begin} to ${end - 1n}` : count > 0n ? ` ${count}` : '';
  if (type === 'elsewhere') return `${type}: ${count} packets, none for a line; they went to ${foreign.join(', ')}`;
  return `${type}${where}:${numbers}${reason === 'none' ? '' : ` (${reason})`}`.replace(/:$/, '');
}

export function log(
  logger: FeedLogger,
  notice: Notice,
  channelName: string | undefined,
  foreign: readonly string[] = [],
): void {
  const text = noticeText(notice, channelName, foreign);
  if (WARNINGS.has(notice.type)) logger.warn(text, notice);
  else logger.info(text, notice);
}

/** What a person has to mend: each error once in a row, however often the connection is tried. */
export function logConnectionError(logger: FeedLogger, error: VenuewireError, name: string): void {
  logger.warn(`connectionError of ${name}: ${error.code} ${error.message} ${error.hint}`);
}

/** Events of a feed that are no notices, and those of every emitter. */
const OTHERS = ['notice', 'unknown', 'connectionError', 'error', 'newListener', 'removeListener'];

/** @throws VenuewireError `VW_EVENT` for a name that a feed never emits. */
export function checkEvent(name: string | symbol): void {
  if (typeof name === 'symbol' || OTHERS.includes(name) || (NOTICE_TYPE as readonly string[]).includes(name)) return;
  const names = [...NOTICE_TYPE.filter((n) => n !== 'none'), 'notice', 'unknown', 'connectionError'];
  const near = nearestNames(name, names);
  throw new VenuewireError(
    'VW_EVENT',
    `A feed has no event '${name}'`,
    near.length > 0 ? `Did you mean ${near.join(', ')}?` : `There are ${names.join(', ')}.`,
  );
}
