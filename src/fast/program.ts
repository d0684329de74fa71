/** Templates made ready to run: references put in place, dictionary entries numbered, presence bits known. */
import {
  type FastInstruction,
  type FastOperator,
  type FastOperatorKind,
  type FastTemplate,
  type FastType,
  fastError,
} from './model.js';
import { type FastValue, isInteger, isWide, parseValue } from './values.js';

export interface FieldNode {
  readonly kind: 'field';
  readonly name: string;
  readonly type: FastType;
  readonly optional: boolean;
  readonly operator: FastOperatorKind;
  /** The dictionary entry, -1 where the operator has none. */
  readonly slot: number;
  readonly initial: FastValue | undefined;
  readonly where: string;
}
export interface SplitNode {
  readonly kind: 'split';
  readonly name: string;
  readonly optional: boolean;
  readonly exponent: FieldNode;
  readonly mantissa: FieldNode;
  readonly where: string;
}
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly name: string;
  readonly optional: boolean;
  readonly length: FieldNode;
  readonly body: Body;
  readonly where: string;
}
export interface GroupNode {
  readonly kind: 'group';
  readonly name: string;
  readonly optional: boolean;
  readonly body: Body;
  readonly where: string;
}
/** The stream names the template. */
export interface ReferenceNode {
  readonly kind: 'reference';
  readonly name: string;
  readonly context: string;
  readonly where: string;
}
export type Node = FieldNode | SplitNode | SequenceNode | GroupNode | ReferenceNode;

/** What the instructions of a message, a group or an entry come to: one value a node. */
export interface Body {
  readonly nodes: readonly Node[];
  /** A segment with a presence map of its own. */
  readonly segment: boolean;
  readonly id: number;
}

export interface TemplateProgram {
  readonly name: string;
  readonly id: number | undefined;
  readonly reset: boolean;
  readonly body: Body;
}

const APPLICABLE: Readonly<Record<FastOperatorKind, (type: FastType) => boolean>> = {
  none: () => true,
  constant: () => true,
  default: () => true,
  copy: () => true,
  increment: isInteger,
  delta: () => true,
  tail: (type) => type === 'ascii' || type === 'unicode' || type === 'byteVector',
};

/** The dictionary entry of template identifiers, common to all of them. */
export const TEMPLATE_SLOT = 0;
const ANY = '';
const DEEPEST = 64;
/** More than any exchange's templates come to when references are put in place. */
const MOST_NODES = 200_000;

export class FastProgram {
  readonly #slots = new Map<string, number>([['template identifier', TEMPLATE_SLOT]]);
  readonly #byName = new Map<string, FastTemplate>();
  readonly #byId = new Map<number, FastTemplate>();
  readonly #made = new Map<string, TemplateProgram>();
  /** The application types that references in the stream stand in; the first is that of a message itself. */
  readonly contexts: readonly string[];
  #bodies = 0;
  #nodes = 0;

  /** @throws VenuewireError `VW_FAST_S…`, `VW_FAST_D8` */
  constructor(readonly templates: readonly FastTemplate[]) {
    for (const t of templates) {
      if (this.#byName.has(t.name)) throw fastError('S1', `there are two templates ${t.name}`);
      this.#byName.set(t.name, t);
      if (t.id === undefined) continue;
      const other = this.#byId.get(t.id);
      if (other) throw fastError('S1', `${t.name} and ${other.name} both have the identifier ${t.id}`);
      this.#byId.set(t.id, t);
    }
    // Each application type that a reference in the stream may stand in has its own entries: known before the first message.
    const contexts = new Set([ANY]);
    for (const context of contexts) {
      for (const t of templates) this.#template(t, context, (seen) => contexts.add(seen));
    }
    this.contexts = [...contexts];
  }

  get slots(): number {
    return this.#slots.size;
  }
  get bodies(): number {
    return this.#bodies;
  }

  byId(id: number, context = ANY): TemplateProgram | undefined {
    const template = this.#byId.get(id);
    return template && this.#made.get(`${context}\n${template.name}`);
  }
  byName(name: string, context = ANY): TemplateProgram | undefined {
    return this.#made.get(`${context}\n${name}`);
  }

  #template(t: FastTemplate, context: string, seen: (context: string) => void): void {
    const key = `${context}\n${t.name}`;
    if (this.#made.has(key)) return;
    // A message is a segment always: its map has the template identifier's bit.
    const nodes = this.#instructions(t.body, t, t.typeRef ?? context, t.name, [t.name], seen);
    this.#made.set(key, {
      name: t.name,
      id: t.id,
      reset: t.reset,
      body: { nodes, segment: true, id: this.#bodies++ },
    });
  }

  #slot(op: FastOperator, field: string, ns: string, template: string, context: string): number {
    const scope =
      op.dictionary === 'template'
        ? `template ${template}`
        : op.dictionary === 'type'
          ? `type ${context}`
          : op.dictionary === 'global'
            ? 'global'
            : `named ${op.dictionary}`;
    const key = `${scope}\n${op.key ?? `${ns}\n${field}`}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#slots.set(key, slot);
    }
    return slot;
  }

  #field(
    f: { name: string; ns?: string | undefined; type: FastType; optional: boolean; operator: FastOperator },
    template: string,
    context: string,
    where: string,
  ): FieldNode {
    const { kind, value } = f.operator;
    if (!APPLICABLE[kind](f.type)) throw fastError('S2', `${where}: ${kind} on ${f.type}`);
    const initial = value === undefined ? undefined : parseValue(f.type, value, where);
    if (kind === 'constant' && initial === undefined) throw fastError('S4', where);
    if (kind === 'default' && initial === undefined && !f.optional) throw fastError('S5', where);
    const remembered = kind === 'copy' || kind === 'increment' || kind === 'delta' || kind === 'tail';
    return {
      kind: 'field',
      name: f.name,
      type: f.type,
      optional: f.optional,
      operator: kind,
      slot: remembered ? this.#slot(f.operator, f.name, f.ns ?? '', template, context) : -1,
      initial,
      where,
    };
  }

  #instructions(
    list: readonly FastInstruction[],
    template: FastTemplate,
    context: string,
    where: string,
    path: readonly string[],
    seen: (context: string) => void,
  ): Node[] {
    if (path.length > DEEPEST) throw fastError('S1', `${where}: instructions are nested more than ${DEEPEST} deep`);
    const out: Node[] = [];
    for (const i of list) {
      if (++this.#nodes > MOST_NODES) throw fastError('S1', `the templates come to more than ${MOST_NODES} fields`);
      if (i.kind === 'reference') {
        if (i.template === undefined) {
          seen(context);
          const same = out.filter((n) => n.kind === 'reference').length;
          const name = same === 0 ? 'templateRef' : `templateRef${same + 1}`;
          out.push({ kind: 'reference', name, context, where: `${where}.${name}` });
          continue;
        }
        const other = this.#byName.get(i.template);
        if (other === undefined) throw fastError('D8', `${where} refers to ${i.template}, which is not there`);
        if (path.includes(other.name)) throw fastError('S1', `${where}: ${other.name} refers to itself`);
        const inner = other.typeRef ?? context;
        out.push(...this.#instructions(other.body, other, inner, where, [...path, other.name], seen));
        continue;
      }
      const at = `${where}.${i.name}`;
      if (i.kind === 'field') {
        if (i.parts === undefined) {
          out.push(this.#field(i, template.name, context, at));
          continue;
        }
        // The parts' own names are the keys of their entries; no field has a name with a line break.
        const part = (name: 'exponent' | 'mantissa', type: FastType, optional: boolean, operator: FastOperator) =>
          this.#field(
            { name: `${i.name}\n${name}`, ns: i.ns, type, optional, operator },
            template.name,
            context,
            `${at}.${name}`,
          );
        out.push({
          kind: 'split',
          name: i.name,
          optional: i.optional,
          exponent: part('exponent', 'int32', i.optional, i.parts.exponent),
          mantissa: part('mantissa', 'int64', false, i.parts.mantissa),
          where: at,
        });
        continue;
      }
      const inner = i.typeRef ?? context;
      const nodes = this.#instructions(i.body, template, inner, at, [...path, ''], seen);
      const body: Body = { nodes, segment: nodes.some(needsBit), id: this.#bodies++ };
      if (i.kind === 'group') {
        out.push({ kind: 'group', name: i.name, optional: i.optional, body, where: at });
      } else {
        const length = this.#field({ ...i.length, optional: i.optional }, template.name, context, at);
        out.push({ kind: 'sequence', name: i.name, optional: i.optional, length, body, where: at });
      }
    }
    return out;
  }
}

const BITS: Readonly<Record<FastOperatorKind, (optional: boolean) => boolean>> = {
  none: () => false,
  constant: (optional) => optional,
  default: () => true,
  copy: () => true,
  increment: () => true,
  delta: () => false,
  tail: () => true,
};

/** Whether an instruction has a bit in the presence map of its segment. */
export function needsBit(node: Node): boolean {
  switch (node.kind) {
    case 'field':
      return BITS[node.operator](node.optional);
    case 'split':
      return needsBit(node.exponent) || needsBit(node.mantissa);
    case 'sequence':
      return needsBit(node.length);
    case 'group':
      return node.optional;
    case 'reference':
      return false;
  }
}

/** Whether readers get a bigint. */
export const isWideNode = (node: Node): boolean => node.kind === 'field' && isWide(node.type);
