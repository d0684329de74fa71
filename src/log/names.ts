/** Numbers of names, as another version of the library wrote them, in the records of a block. */
import {
  MESSAGE_HEAD_BYTES,
  MESSAGE_HEAD_LENGTH_AT,
  MESSAGE_HEAD_TYPE_AT,
  NOTICE_CODE_AT,
  NOTICE_REASON_AT,
  RUN_BYTES,
  RUN_ORIGIN_AT,
  UNIT_BYTES,
  UNKNOWN_TYPE,
} from '../contract.js';
import { remedyOf, VenuewireError } from '../errors.js';
import type { AnyDecoder } from '../feed/batch.js';
import { ownNames, type SegmentMeta } from './format.js';
import { eachPlace } from './records.js';

type Numbers = readonly number[];

/** For each number of `written` ours, where any differ; what we do not know is `none`. */
function numbersOf(written: readonly string[], own: readonly string[], none: number): Numbers | undefined {
  if (written.every((name, i) => own[i] === name)) return undefined;
  return written.map((name) => {
    const at = own.indexOf(name);
    return at < 0 ? none : at;
  });
}

interface Mending {
  readonly notices: Numbers | undefined;
  readonly reasons: Numbers | undefined;
  readonly origins: Numbers | undefined;
  readonly messages: Numbers | undefined;
}
const known = new WeakMap<SegmentMeta, WeakMap<AnyDecoder, Mending | undefined>>();

function mendingOf(meta: SegmentMeta, decoder: AnyDecoder): Mending | undefined {
  const mending = {
    notices: numbersOf(meta.notices, ownNames.notices, 0),
    reasons: numbersOf(meta.reasons, ownNames.reasons, 0),
    origins: numbersOf(meta.origins, ownNames.origins, 0),
    messages: numbersOf(meta.messages, decoder.names, UNKNOWN_TYPE),
  };
  return Object.values(mending).some((numbers) => numbers !== undefined) ? mending : undefined;
}

/**
 * A log outlives the version that wrote it: names of notices, reasons, origins and messages are those of its segment, and
 * their numbers become ours.
 * @throws VenuewireError `VW_LOG_VERSION` when records are laid out in another way.
 */
export function mendNames(view: DataView, bytes: number, meta: SegmentMeta, decoder: AnyDecoder): void {
  let byDecoder = known.get(meta);
  if (byDecoder === undefined) {
    checkLayout(meta);
    byDecoder = new WeakMap();
    known.set(meta, byDecoder);
  }
  if (!byDecoder.has(decoder)) byDecoder.set(decoder, mendingOf(meta, decoder));
  const mending = byDecoder.get(decoder);
  if (mending === undefined) return;
  const put = (at: number, numbers: Numbers | undefined): void => {
    if (numbers !== undefined) view.setUint8(at, numbers[view.getUint8(at)] ?? 0);
  };
  eachPlace(view, bytes, {
    notice: (at) => {
      put(at + NOTICE_CODE_AT, mending.notices);
      put(at + NOTICE_REASON_AT, mending.reasons);
    },
    run: (at, count, end) => {
      put(at + RUN_ORIGIN_AT, mending.origins);
      if (mending.messages !== undefined) mendTypes(view, at + RUN_BYTES, count, end, mending.messages);
    },
  });
}

function mendTypes(view: DataView, from: number, count: number, end: number, numbers: Numbers): void {
  let at = from;
  for (let i = 0; i < count && at + MESSAGE_HEAD_BYTES <= end; i++) {
    const type = view.getUint16(at + MESSAGE_HEAD_TYPE_AT, true);
    view.setUint16(at + MESSAGE_HEAD_TYPE_AT, numbers[type] ?? UNKNOWN_TYPE, true);
    const length = view.getUint32(at + MESSAGE_HEAD_LENGTH_AT, true);
    at += MESSAGE_HEAD_BYTES + Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
  }
}

function checkLayout(meta: SegmentMeta): void {
  if (meta.runBytes === ownNames.runBytes && meta.noticeBytes === ownNames.noticeBytes) return;
  throw new VenuewireError(
    'VW_LOG_VERSION',
    `The log's records have heads of ${meta.runBytes} and ${meta.noticeBytes} bytes, this version reads ${ownNames.runBytes} and ${ownNames.noticeBytes}`,
    remedyOf('VW_LOG_VERSION'),
  );
}
