/**
 * Places in a resource, as text: `spec.lines.A.address`; `spec.recovery[type=request,pattern=glimpse].servers` is the element of a list
 * that has these values. Setting makes what is missing; reading makes nothing.
 */
import { VenuewireError } from '../errors.js';

interface Step {
  readonly key: string;
  /** Of a list: what its element has. */
  readonly select?: Readonly<Record<string, string>>;
}

export type Path = readonly Step[];

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys that are no data of anybody. */
const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor']);

/** @throws VenuewireError `VW_METADATA` where the text is no path. */
export function pathOf(text: string): Path {
  const fault = (why: string): VenuewireError =>
    new VenuewireError(
      'VW_METADATA',
      `the path '${text}' ${why}`,
      'Write it like spec.lines.A.address, or spec.recovery[type=request].servers.',
    );
  const steps = text.match(/[^.[\]]+(?:\[[^\]]*\])?/g) ?? [];
  if (steps.length === 0 || steps.join('.') !== text) throw fault('cannot be read');
  return steps.map((step) => {
    const [, key = '', inner] = /^([^[]+)(?:\[(.*)\])?$/.exec(step) ?? [];
    if (FORBIDDEN.has(key)) throw fault(`has the step '${key}'`);
    if (inner === undefined) return { key };
    const pairs = inner.split(',').map((pair) => pair.split('=', 2).map((part) => part.trim()));
    if (pairs.some(([k, v]) => !k || !v || FORBIDDEN.has(k))) throw fault('selects by what is no name=value');
    return { key, select: Object.fromEntries(pairs) as Record<string, string> };
  });
}

const matches = (value: unknown, select: Readonly<Record<string, string>>): boolean =>
  isNode(value) && Object.entries(select).every(([k, v]) => String(value[k]) === v);

const own = (node: Node, key: string): unknown => (Object.hasOwn(node, key) ? node[key] : undefined);

/** What stands there; undefined: nothing. */
export function valueAt(root: unknown, path: Path): unknown {
  let here: unknown = root;
  for (const { key, select } of path) {
    if (!isNode(here)) return undefined;
    const next = own(here, key);
    here = select === undefined ? next : Array.isArray(next) ? next.find((e) => matches(e, select)) : undefined;
  }
  return here;
}

/** Puts a value there. @throws VenuewireError `VW_METADATA` where something else is in the way. */
export function setAt(root: Node, path: Path, value: unknown, shown: string): void {
  const fault = (): VenuewireError =>
    new VenuewireError(
      'VW_METADATA',
      `'${shown}' leads through a value`,
      'Two columns of the mapping contradict each other.',
    );
  let here = root;
  path.forEach(({ key, select }, i) => {
    const isLast = i === path.length - 1;
    if (isLast && select === undefined) {
      here[key] = value;
      return;
    }
    const next = own(here, key) ?? (select === undefined ? {} : []);
    here[key] = next;
    if (select === undefined) {
      if (!isNode(next)) throw fault();
      here = next;
      return;
    }
    if (!Array.isArray(next)) throw fault();
    let element = next.find((e) => matches(e, select)) as Node | undefined;
    if (element === undefined) {
      element = { ...select };
      next.push(element);
    }
    here = element;
  });
}
