/** The program in the form that the native core parses (native/core/fast.cpp). */
import { CONTRACT, FAST_NODE } from '../contract.js';
import { writeFastField, writeFastHead, writeFastTemplate } from '../layout/records.js';
import { SpecWriter } from '../layout/spec.js';
import { fastError } from './model.js';
import type { Body, FastProgram, FieldNode, Node } from './program.js';
import { encodeUtf8, FastDecimal, type Wide } from './values.js';

const LONGEST_TEXT = 0xffff;

export interface CompiledFast {
  readonly bytes: Uint8Array;
  /** Where each field stands, by the number under which the core reports it. */
  readonly fields: readonly string[];
}

/** @throws VenuewireError `VW_FAST_S3` where an initial value has more than 65,535 bytes. */
export function compileFast(program: FastProgram): CompiledFast {
  const w = new SpecWriter();
  const fields: string[] = [];
  const bodies: Body[] = new Array(program.bodies);
  const collect = (body: Body): void => {
    bodies[body.id] = body;
    for (const node of body.nodes) if (node.kind === 'group' || node.kind === 'sequence') collect(node.body);
  };
  const made = program.contexts.flatMap((context, index) =>
    program.templates.flatMap(({ name }) => {
      const template = program.byName(name, context);
      return template === undefined ? [] : [{ ...template, context: index }];
    }),
  );
  for (const template of made) collect(template.body);
  w.u32(CONTRACT);
  writeFastHead(w, { slots: program.slots, contexts: program.contexts.length });
  w.list(bodies, (body) => {
    w.flag(body.segment);
    w.list(body.nodes, (node) => writeNode(w, node, program.contexts, fields));
  });
  w.list(
    made.filter((t) => t.id !== undefined),
    (t) => {
      writeFastTemplate(w, { context: t.context, id: t.id as number, reset: t.reset, body: t.body.id });
    },
  );
  return { bytes: w.finish(), fields };
}

function writeNode(w: SpecWriter, node: Node, contexts: readonly string[], fields: string[]): void {
  w.u8(FAST_NODE.indexOf(node.kind));
  switch (node.kind) {
    case 'field':
      writeField(w, node, fields);
      return;
    case 'split':
      writeField(w, node.exponent, fields);
      writeField(w, node.mantissa, fields);
      return;
    case 'sequence':
      writeField(w, node.length, fields);
      w.u32(node.body.id);
      return;
    case 'group':
      w.flag(node.optional).u32(node.body.id);
      return;
    case 'reference':
      w.u32(contexts.indexOf(node.context));
      return;
  }
}

function writeField(w: SpecWriter, f: FieldNode, fields: string[]): void {
  fields.push(f.where);
  writeFastField(w, {
    type: f.type,
    op: f.operator,
    optional: f.optional,
    // No operator has the entry of the template identifiers: 0 says none.
    slot: Math.max(f.slot, 0),
    hasInitial: f.initial !== undefined,
  });
  if (f.initial === undefined) return;
  if (f.initial instanceof FastDecimal) w.u64(f.initial.mantissa).u32(f.initial.exponent >>> 0);
  else if (typeof f.initial === 'string' || f.initial instanceof Uint8Array) {
    const bytes = typeof f.initial === 'string' ? encodeUtf8(f.initial) : f.initial;
    if (bytes.length > LONGEST_TEXT)
      throw fastError('S3', `${f.where}: an initial value of ${bytes.length} bytes is too long`);
    w.bytes(bytes);
  } else w.u64(f.initial satisfies Wide);
}
