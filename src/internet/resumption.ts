/** Tokens by which a venue goes on where a connection ended: kept as they come, given back at the next one. */
import type { Subscription } from '../patterns/subscription.js';

type Rule = NonNullable<Subscription['resume']>;
type Json = Readonly<Record<string, unknown>>;

const objectOf = (text: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
};

/** What a venue has made of the tokens. */
export type ResumeAnswer = 'patch' | 'image' | 'refused';

export class Resumption {
  /** The last message that has each token: read when it is asked for, for nearly all of them are replaced before. */
  readonly #last = new Map<string, string>();
  constructor(readonly rule: Rule) {}

  /** A message of the connection. */
  take(text: string): void {
    const { tokens, part } = this.rule;
    // In the middle of an image in parts no token would go on at the right place.
    if (part !== undefined && text.includes(`"${part.member}"`)) {
      const value = objectOf(text)?.[part.member];
      if (value !== undefined && value !== null && value !== part.last) return;
    }
    for (const name of tokens) if (text.includes(`"${name}"`)) this.#last.set(name, text);
  }

  /** All of them, or none. */
  tokens(): Readonly<Record<string, string>> | undefined {
    const found: Record<string, string> = {};
    for (const name of this.rule.tokens) {
      const value = objectOf(this.#last.get(name) ?? '')?.[name];
      if (typeof value !== 'string') return undefined;
      found[name] = value;
    }
    return found;
  }

  /** What they are of is no longer known to be right. */
  forget(): void {
    this.#last.clear();
  }

  /** What a message says of the tokens; undefined: nothing. */
  answer(text: string): ResumeAnswer | undefined {
    const { answer, refused } = this.rule;
    const value = objectOf(text);
    if (value?.[refused.member] === refused.equals) return 'refused';
    const said = value?.[answer.member];
    return said === answer.patch ? 'patch' : said === answer.image ? 'image' : undefined;
  }
}
