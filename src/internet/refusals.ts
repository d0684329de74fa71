/** What a venue says of itself: that it refuses what was asked of it, or is about to rest. */
import { remedyOf, VenuewireError } from '../errors.js';
import type { JsonFound } from '../json/reader.js';
import type { Subscription } from '../patterns/subscription.js';
import type { MessagesEnd } from '../transports/messages.js';

/** Answers are short. */
const ANSWER_MOST = 4096;
const SAID_MOST = 200;

export const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (v, part) => (typeof v === 'object' && v !== null ? (v as Record<string, unknown>)[part] : undefined),
    value,
  );

export class Refusals {
  /** `events`: messages of the market; none of them is an answer. */
  constructor(
    readonly where: string,
    readonly rules: Pick<Subscription, 'refused' | 'maintenance'>,
    readonly events: Readonly<Record<string, unknown>>,
  ) {}

  /** Whether a message may be an answer: it says nothing of an instrument. */
  concerns(text: string, found: readonly JsonFound[]): boolean {
    return (
      this.rules.refused.length + this.rules.maintenance.length > 0 &&
      text.length <= ANSWER_MOST &&
      !found.some(({ message }) => Object.hasOwn(this.events, message))
    );
  }

  of(text: string): MessagesEnd | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    const isSaid = ({ path, equals }: { path: readonly (string | number)[]; equals: unknown }): boolean =>
      at(value, path) === equals;
    if (this.rules.maintenance.some(isSaid)) return maintenance(this.where);
    const rule = this.rules.refused.find(isSaid);
    if (rule === undefined) return undefined;
    const said = rule.text === undefined ? undefined : at(value, rule.text);
    const why = typeof said === 'string' ? `: ${said.slice(0, SAID_MOST)}` : '';
    const code = rule.fatal ? 'VW_LOGIN_REFUSED' : 'VW_SUBSCRIPTION_REFUSED';
    const error = new VenuewireError(code, `${this.where}: the venue has refused${why}`, remedyOf(code));
    return { reason: 'connectionRefused', error, isRefused: rule.fatal };
  }
}

const maintenance = (where: string): MessagesEnd => ({
  reason: 'connectionClosed',
  error: new VenuewireError('VW_MAINTENANCE', `${where}: the venue is under maintenance`, remedyOf('VW_MAINTENANCE')),
});
