/** FAST templates as venues publish them (the XML of the 1.1 specification) to template data. */
import { VenuewireError } from '../errors.js';
import { placeOf, readXml, type XmlElement, type XmlOptions, type XmlSource } from '../xml.js';
import { FastDecoder } from './decoder.js';
import {
  type FastField,
  type FastInstruction,
  type FastOperator,
  type FastOperatorKind,
  type FastTemplate,
  type FastType,
  fastError,
} from './model.js';
import type { FastOptions } from './stream.js';

/** Of the specification's versions 1.1 and later, and of 1.0. */
const NAMESPACES = ['http://www.fixprotocol.org/ns/fast/td/1.', 'http://www.fixprotocol.org/ns/template-definition'];
const INTEGERS = new Set(['int8', 'uInt8', 'int16', 'uInt16', 'int32', 'uInt32', 'int64', 'uInt64']);
const OPERATORS = new Set(['constant', 'default', 'copy', 'increment', 'delta', 'tail']);
const RESET = /^\{http:\/\/www\.fixprotocol\.org\/ns\/fast\/scp\/1\.[0-9]\}reset$/;

/** What attributes say for everything below them. */
interface Scope {
  /** The namespace of the document's own elements. */
  readonly own: string;
  readonly ns: string;
  readonly templateNs: string;
  readonly dictionary: string;
}

/** Elements of other namespaces are for other readers. */
const ours = (e: XmlElement, { own }: Scope): boolean =>
  e.namespace === '' || e.namespace === own || NAMESPACES.some((space) => e.namespace.startsWith(space));

const fail = (e: XmlElement, what: string) => fastError('S1', `${placeOf(e)}: ${e.name} ${what}`);

/**
 * The templates of an XML document (its text or its bytes).
 * @throws VenuewireError `VW_FAST_S1` when it is no templates document; unknown instructions are refused, not skipped.
 */
export function readFastTemplates(xml: XmlSource, options: XmlOptions = {}): FastTemplate[] {
  const root = readXml(xml, { ...options, code: 'VW_FAST_S1', what: 'FAST templates' });
  const top: Scope = { own: root.namespace, ns: '', templateNs: '', dictionary: 'global' };
  if (root.name !== 'templates' && root.name !== 'template') throw fail(root, 'is no templates document');
  if (root.name === 'template') return [template(root, top)];
  const scope = inherit(root, top);
  return root.children.flatMap((e) => {
    if (!ours(e, scope)) return [];
    if (e.name !== 'template') throw fail(e, 'has no place among templates');
    return template(e, scope);
  });
}

/** A decoder for the templates of an XML document. */
export function decoderFromFast(xml: XmlSource, options: FastOptions & XmlOptions = {}): FastDecoder {
  const { file, ...rest } = options;
  const templates = readFastTemplates(xml, file === undefined ? {} : { file });
  try {
    return new FastDecoder(templates, rest);
  } catch (error) {
    if (file === undefined || !(error instanceof VenuewireError)) throw error;
    throw new VenuewireError(error.code, `${file}: ${error.message}`, error.hint);
  }
}

const inherit = (e: XmlElement, outer: Scope): Scope => ({
  own: outer.own,
  ns: e.attributes.get('ns') ?? outer.ns,
  templateNs: e.attributes.get('templateNs') ?? outer.templateNs,
  dictionary: e.attributes.get('dictionary') ?? outer.dictionary,
});

function nameOf(e: XmlElement): string {
  const name = e.attributes.get('name');
  if (name === undefined || name === '') throw fail(e, 'has no name');
  return name;
}

/** A template's name, told apart by its namespace where it has one. */
const qualified = (ns: string, name: string): string => (ns === '' ? name : `{${ns}}${name}`);

const truth = (text: string | undefined): boolean => /^(yes|true|t|y|1)$/i.test(text ?? '');

function template(e: XmlElement, outer: Scope): FastTemplate {
  const scope = inherit(e, outer);
  const id = e.attributes.get('id');
  if (id !== undefined && (!/^[0-9]{1,10}$/.test(id) || Number(id) > 0xffff_ffff))
    throw fail(e, `has the identifier '${id}'`);
  const { typeRef, body } = instructions(e, scope);
  return {
    name: qualified(scope.templateNs, nameOf(e)),
    id: id === undefined ? undefined : Number(id),
    typeRef,
    reset: truth([...e.foreign].find(([name]) => RESET.test(name))?.[1] ?? e.attributes.get('reset')),
    body,
  };
}

function instructions(e: XmlElement, scope: Scope): { typeRef: string | undefined; body: FastInstruction[] } {
  let typeRef: string | undefined;
  const body: FastInstruction[] = [];
  for (const child of e.children) {
    if (!ours(child, scope)) continue;
    if (child.name === 'typeRef') typeRef = qualified(child.attributes.get('ns') ?? scope.ns, nameOf(child));
    else if (!(child.name === 'length' && e.name === 'sequence')) body.push(instruction(child, scope));
  }
  return { typeRef, body };
}

function optionalOf(e: XmlElement): boolean {
  const presence = e.attributes.get('presence') ?? 'mandatory';
  if (presence !== 'mandatory' && presence !== 'optional') throw fail(e, `has the presence '${presence}'`);
  return presence === 'optional';
}

function instruction(e: XmlElement, outer: Scope): FastInstruction {
  if (e.name === 'templateRef') {
    const name = e.attributes.get('name');
    const ns = e.attributes.get('templateNs') ?? outer.templateNs;
    return { kind: 'reference', template: name === undefined ? undefined : qualified(ns, name) };
  }
  const scope = inherit(e, outer);
  const id = e.attributes.get('id');
  if (e.name === 'group') {
    return { kind: 'group', name: nameOf(e), id, optional: optionalOf(e), ...instructions(e, scope) };
  }
  if (e.name === 'sequence') {
    const optional = optionalOf(e);
    const lengths = e.children.filter((c) => ours(c, scope) && c.name === 'length');
    if (lengths.length > 1) throw fail(e, 'has two lengths');
    const given = lengths[0];
    // Without a name of its own, one that no field has.
    const length: FastField = {
      kind: 'field',
      name: given?.attributes.get('name') ?? `${nameOf(e)}\nlength`,
      id: given?.attributes.get('id'),
      ns: given?.attributes.get('ns') ?? scope.ns,
      type: 'uInt32',
      optional,
      operator: given === undefined ? none(scope) : operatorOf(given, inherit(given, scope)),
    };
    return { kind: 'sequence', name: nameOf(e), id: id ?? length.id, optional, length, ...instructions(e, scope) };
  }
  const type = typeOf(e);
  const field = { kind: 'field' as const, name: nameOf(e), id, ns: scope.ns, type, optional: optionalOf(e) };
  const part = (name: string) => e.children.find((c) => ours(c, scope) && c.name === name);
  const exponent = type === 'decimal' ? part('exponent') : undefined;
  const mantissa = type === 'decimal' ? part('mantissa') : undefined;
  if (exponent === undefined && mantissa === undefined) return { ...field, operator: operatorOf(e, scope) };
  return {
    ...field,
    operator: none(scope),
    parts: {
      exponent: exponent ? operatorOf(exponent, inherit(exponent, scope)) : none(scope),
      mantissa: mantissa ? operatorOf(mantissa, inherit(mantissa, scope)) : none(scope),
    },
  };
}

function typeOf(e: XmlElement): FastType {
  if (INTEGERS.has(e.name)) return e.name as FastType;
  switch (e.name) {
    case 'decimal':
      return 'decimal';
    case 'byteVector':
      return 'byteVector';
    case 'string': {
      const charset = e.attributes.get('charset') ?? 'ascii';
      if (charset !== 'ascii' && charset !== 'unicode') throw fail(e, `has the charset '${charset}'`);
      return charset;
    }
    default:
      throw fail(e, 'is no instruction of FAST 1.1');
  }
}

const none = (scope: Scope): FastOperator => ({ kind: 'none', dictionary: scope.dictionary });

function operatorOf(e: XmlElement, scope: Scope): FastOperator {
  const found = e.children.filter((c) => {
    if (!ours(c, scope)) return false;
    if (OPERATORS.has(c.name)) return true;
    // A byte vector's length is a name for the application; it changes nothing in the stream.
    if (c.name === 'length' && (e.name === 'byteVector' || e.name === 'string')) return false;
    if ((c.name === 'exponent' || c.name === 'mantissa') && e.name === 'decimal') return false;
    throw fail(c, `has no place in ${e.name}`);
  });
  const op = found[0];
  if (op === undefined) return none(scope);
  if (found.length > 1) throw fail(e, 'has two operators');
  const key = op.attributes.get('key');
  return {
    kind: op.name as FastOperatorKind,
    value: op.attributes.get('value'),
    dictionary: op.attributes.get('dictionary') ?? scope.dictionary,
    key: key === undefined ? undefined : `${op.attributes.get('ns') ?? scope.ns}\n${key}`,
  };
}
