/** Frames of a capture that gave nothing: how many, and why. */

/** By counter: what to call it, and whether the feed's own messages may have been in those frames. */
const REASONS: readonly (readonly [counter: string, text: string, isLoss: boolean])[] = [
  ['captureNotIp', 'not IP', false],
  ['captureOtherTransports', 'neither UDP nor TCP', false],
  ['captureElsewhere', 'for a destination that is no line', false],
  ['captureUnknownLink', 'of a link layer that is not known', true],
  ['captureUnknownEncapsulation', 'in a tunnel that is not known', true],
  ['captureCutHeaders', 'cut inside their headers', true],
  ['captureBadHeaders', 'with headers that contradict themselves', true],
  ['captureFragmentsLost', 'fragments never completed', true],
];

export interface SkippedFrames {
  /** `3 of 120 frames skipped: 2 not IP, 1 fragments never completed`; empty when none was. */
  readonly text: string;
  /** Some may have held messages: they could not be read. */
  readonly isLoss: boolean;
}

/** @param counters the feed's own, by name. @param foreign where frames went that are for no line. */
export function skippedFrames(
  counters: Readonly<Record<string, number>>,
  foreign: readonly string[] = [],
): SkippedFrames {
  const found = REASONS.flatMap(([name, text, isLoss]) => {
    const frames = counters[name] ?? 0;
    const more =
      name === 'captureUnknownLink'
        ? ` (type ${counters.captureUnknownLinkType ?? 0})`
        : name === 'captureElsewhere' && foreign.length > 0
          ? ` (${foreign.join(', ')})`
          : '';
    return frames > 0 ? [{ text: `${frames} ${text}${more}`, isLoss }] : [];
  });
  const text = found.length === 0 ? '' : found.map((f) => f.text).join(', ');
  return {
    text: text && `${counters.captureSkipped ?? 0} of ${counters.captureFrames ?? 0} frames skipped: ${text}`,
    isLoss: found.some((f) => f.isLoss),
  };
}
