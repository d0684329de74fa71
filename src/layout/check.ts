import { type ErrorCode, VenuewireError } from '../errors.js';
import type { Decoder } from './decoder.js';
import { isAtLeast, type PlanField, type PlanPart, type PlanRecord } from './plan.js';
import { isViewMember } from './view.js';

/** Bytes of all type fields of a table: codes of so many are whole numbers in JavaScript. */
const WIDEST_TYPE = 6;

/** A fault of a message table. */
export interface TableFault {
  readonly code: ErrorCode;
  readonly where: string;
  readonly what: string;
}

/**
 * What is wrong with a table: overlaps, holes, lengths that do not add up, codes used twice, names that a view cannot
 * have. Empty when it is sound.
 */
export function check(decoder: Decoder): TableFault[] {
  const faults: TableFault[] = [];
  const fault = (code: ErrorCode, where: string, what: string): void => {
    faults.push({ code, where, what });
  };

  const cover = (record: PlanRecord, where: string, from: number): number => {
    let end = from;
    let dynamic = false;
    const names = new Set<string>();
    for (const name of Object.keys(record.fields)) {
      if (isViewMember(name)) fault('VW_LAYOUT_NAME', `${where}.${name}`, 'views have a member of that name');
      if (!/^[a-z][A-Za-z0-9]*$/.test(name)) fault('VW_LAYOUT_NAME', `${where}.${name}`, 'not a camelCase name');
    }
    for (const part of record.parts) {
      const at = `${where}.${part.name}`;
      names.add(part.name);
      if (part.at >= 0) {
        if (dynamic) fault('VW_LAYOUT_ORDER', at, 'a fixed place after a part whose length is not known');
        else if (part.at < end) fault('VW_LAYOUT_OVERLAP', at, `begins at ${part.at}, what precedes ends at ${end}`);
        else if (part.at > end) fault('VW_LAYOUT_HOLE', at, `begins at ${part.at}, what precedes ends at ${end}`);
      }
      if (part.kind === 'field') {
        size(part, at);
        if (!dynamic && part.at >= 0) end = part.at + part.size;
        else dynamic = true;
      } else {
        dynamic = true;
        inner(part, at);
      }
    }
    for (const part of record.parts) {
      if (part.kind !== 'field' || part.size !== 8 || (part.wire !== 'uint' && part.wire !== 'int')) continue;
      for (const half of ['High', 'Low']) {
        if (names.has(part.name + half))
          fault('VW_LAYOUT_NAME', `${where}.${part.name}${half}`, 'hides the half of a 64-bit field');
      }
    }
    return end;
  };
  const size = (p: PlanField, at: string): void => {
    if (p.size <= 0) fault('VW_LAYOUT_SIZE', at, 'has no bytes');
    for (const [bit, place] of Object.entries(p.field?.data.places ?? {})) {
      const [low, width] = typeof place === 'number' ? [place, 1] : place;
      if (low < 0 || width < 1 || low + width > 8 * p.size)
        fault('VW_LAYOUT_BITS', `${at}.${bit}`, 'outside its field');
    }
  };
  const inner = (part: Exclude<PlanPart, PlanField>, at: string): void => {
    if (part.kind === 'when') cover(part.record, at, 0);
    if (part.kind !== 'group') return;
    const end = cover(part.record, at, 0);
    const { count } = part;
    if (count.kind === 'dimension') {
      if (end > part.size) fault('VW_LAYOUT_LENGTH', at, `fields end at ${end}, the block at ${part.size}`);
    } else if (end !== part.size) {
      fault('VW_LAYOUT_LENGTH', at, `fields end at ${end}, an entry at ${part.size}`);
    }
    if ((count.kind === 'toEnd' || count.kind === 'untilLength') && part.size === 0) {
      fault('VW_LAYOUT_LENGTH', at, 'entries without bytes never end');
    }
  };

  const width = decoder.messageType.reduce((n, name) => n + (decoder.headerPlan.byName.get(name) as PlanField).size, 0);
  if (width > WIDEST_TYPE)
    fault('VW_LAYOUT_TYPE', 'messageType', `${width} bytes; at most ${WIDEST_TYPE} tell messages apart`);
  const keys = new Set(decoder.instrument);
  const codes = new Map<number, string>();
  const others = new Map<number, string>();
  decoder.names.forEach((name, index) => {
    let plan: ReturnType<Decoder['plan']>;
    try {
      plan = decoder.plan(index);
    } catch (e) {
      if (!(e instanceof VenuewireError)) throw e;
      fault(e.code, name, e.message);
      return;
    }
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) fault('VW_LAYOUT_NAME', name, 'not a camelCase name');
    const end = cover(plan.record, name, 0);
    const length = plan.message.length;
    if (decoder.sbe !== undefined) {
      const block = plan.record.blockLength;
      if (end > plan.headerSize + block)
        fault('VW_LAYOUT_LENGTH', name, `fields end at ${end - plan.headerSize}, the block at ${block}`);
    } else {
      const said = isAtLeast(length) ? length.atLeast : length;
      if (end !== said) fault('VW_LAYOUT_LENGTH', name, `fixed fields end at ${end}, the length is ${said}`);
      const variable = plan.record.firstDynamic < plan.record.parts.length;
      if (variable !== isAtLeast(length)) {
        fault(
          'VW_LAYOUT_LENGTH',
          name,
          variable ? 'has variable parts, but one length' : 'has no variable part, but no fixed length',
        );
      }
    }
    if (decoder.messageType.length > 0) {
      for (const [list, taken] of [
        [plan.codes, codes],
        [plan.others, others],
      ] as const) {
        for (const code of list) {
          const other = taken.get(code);
          if (other !== undefined && other !== name) {
            fault('VW_LAYOUT_CODE', name, `has the type code of ${other}`);
            break;
          }
          taken.set(code, name);
        }
      }
    }
    for (const key of decoder.instrument) keys.delete(plan.record.byName.has(key) ? key : '');
  });
  for (const key of keys) fault('VW_LAYOUT_INSTRUMENT', key, 'no message has the field that tells instruments apart');
  return faults;
}

/** @throws VenuewireError with the code of the first fault, all of them in its message. */
export function assertSound(decoder: Decoder): void {
  const faults = check(decoder);
  const first = faults[0];
  if (first === undefined) return;
  throw new VenuewireError(
    first.code,
    `${decoder.id}: ${faults.map((f) => `${f.where}: ${f.what}`).join('; ')}`,
    'Correct the message table: declare reserved bytes, and offsets and lengths as the specification has them.',
  );
}
