/** Multicast groups recorded into pcapng files, on a thread of their own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type NativeRecordOptions, type NativeRecordProgress, native, nativeError } from '../native.js';

const LOOK_MS = 50;

export interface RecordOptions extends NativeRecordOptions {
  /** Called now and then with what has been recorded. */
  readonly after?: (progress: NativeRecordProgress) => void;
  /** Ends the recording; the file is whole then. */
  readonly signal?: AbortSignal;
}

/**
 * Records until the signal. Frames that came before it and lie in a ring are written.
 * @throws VenuewireError `VW_LINE_OPEN`, `VW_RECEIVE_RIGHT` and the like where groups cannot be received, `VW_RECORD_WRITE`
 * where the file cannot be written: what is in it then is whole.
 */
export async function record(options: RecordOptions): Promise<NativeRecordProgress> {
  const { after, signal, ...own } = options;
  const recorder = new (native().Recorder)(own);
  try {
    recorder.start();
    for (;;) {
      const now = recorder.progress();
      after?.(now);
      if (now.done || signal?.aborted === true) break;
      await sleep(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
    recorder.close();
    const failure = recorder.failure();
    if (failure !== null) throw nativeError(failure, 'VW_RECORD_WRITE');
    return recorder.progress();
  } finally {
    recorder.close();
  }
}
