/** A capture sent to its groups again, each packet when it is due. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { VenuewireError } from '../errors.js';
import { captureBytes } from '../feed/capture-source.js';
import { type SkippedFrames, skippedFrames } from '../feed/skipped.js';
import { type NativeReplayOptions, native, nativeError } from '../native.js';
import type { Capture } from './packets.js';

const LOOK_MS = 20;

export interface ReplayOptions extends Omit<NativeReplayOptions, 'file' | 'memory' | 'name'> {
  /** Called now and then with the bytes of the capture that have been read in this pass. */
  readonly after?: (bytesRead: number) => void;
  /** Ends the replay. */
  readonly signal?: AbortSignal;
}

export interface ReplayTotals {
  readonly packets: number;
  readonly passes: number;
  /** Where they went, `ip:port`, the first few. */
  readonly destinations: readonly string[];
  /** Packets that are not UDP over IPv4, or for another port. */
  readonly passedOver: number;
  /** Packets that the capture cut short; what is left of them was sent. */
  readonly truncated: number;
  /** How long after it was due the last packet, and the latest one, was sent. */
  readonly lastLateNs: number;
  readonly mostLateNs: number;
  readonly skipped: SkippedFrames;
  /** `VW_CAPTURE_MALFORMED`: the capture ends badly; what was before has been sent. */
  readonly fault: VenuewireError | undefined;
}

/**
 * Sends the UDP datagrams of a capture. When each is due is counted from the first one, so nothing adds up.
 * @throws VenuewireError `VW_INTERFACE`, `VW_SEND`, `VW_CAPTURE_OPEN`, `VW_CAPTURE_FORMAT`
 */
export async function replayToMulticast(capture: Capture, options: ReplayOptions): Promise<ReplayTotals> {
  const { after, signal, ...own } = options;
  const replay = new (native().MulticastReplay)({ ...captureBytes(capture.source), name: capture.name, ...own });
  try {
    replay.start();
    for (;;) {
      const now = replay.progress();
      after?.(now.captureBytes);
      if (now.done || signal?.aborted === true) break;
      await sleep(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
    replay.close();
    const failure = replay.failure();
    const fault = failure === null ? undefined : nativeError(failure, 'VW_SEND');
    if (fault !== undefined && fault.code !== 'VW_CAPTURE_MALFORMED') throw fault;
    const { packets, passes, passedOver, captureTruncated, lastLateNs, mostLateNs, ...counters } = replay.progress();
    const truncated = captureTruncated ?? 0;
    const skipped = skippedFrames(counters as unknown as Record<string, number>);
    const destinations = replay.destinations();
    return { packets, passes, destinations, passedOver, truncated, lastLateNs, mostLateNs, skipped, fault };
  } finally {
    replay.close();
  }
}
