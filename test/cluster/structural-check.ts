// What an API server says of an object by its structural schema, without a server: types and bounds by ajv, rules by a CEL of
// npm, and unknown fields as with `fieldValidation=Strict`.
import { evaluate } from '@marcbachmann/cel-js';
import { Ajv, type ValidateFunction } from 'ajv';

interface Structural {
  readonly [key: string]: unknown;
  readonly properties?: Record<string, Structural>;
  readonly additionalProperties?: Structural;
  readonly items?: Structural;
  readonly default?: unknown;
}
const KEEPS = 'x-kubernetes-preserve-unknown-fields';
const EITHER = 'x-kubernetes-int-or-string';
const RULES = 'x-kubernetes-validations';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The part of the value that a schema says, for each part: what it is, and where. */
function* partsOf(schema: Structural, value: unknown, at: string): Generator<[Structural, unknown, string]> {
  yield [schema, value, at];
  if (Array.isArray(value) && schema.items !== undefined)
    for (const [i, item] of value.entries()) yield* partsOf(schema.items, item, `${at}[${i}]`);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const next = schema.properties?.[key] ?? schema.additionalProperties;
    if (next !== undefined) yield* partsOf(next, inner, `${at}.${key}`);
  }
}

/**
 * The rule as this CEL reads it: it has no `has` of an entry, and knows no words that CEL keeps for itself, which a server wants
 * written as `__for__`.
 */
const asRead = (rule: string): string =>
  rule.replace(/has\((self\.\w+\[\w+\])\.(\w+)\)/g, "('$2' in $1)").replace(/__(\w+?)__/g, '$1');

const compiled = new WeakMap<Structural, ValidateFunction>();
function compile(schema: Structural): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { int64: true, 'date-time': true, uri: true } });
  ajv.addKeyword({
    keyword: EITHER,
    validate: (is: boolean, data: unknown) => !is || typeof data === 'string' || Number.isInteger(data),
  });
  return ajv.compile(schema);
}

/** All that is not right. */
export function faultsOf(schema: Structural, value: unknown): string[] {
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  if (!validate(value)) return (validate.errors ?? []).map((e) => `${e.instancePath}: ${e.message}`);
  const found: string[] = [];
  for (const [part, inner, at] of partsOf(schema, value, '')) {
    if (isObject(inner) && part.properties !== undefined && part[KEEPS] !== true)
      for (const key of Object.keys(inner))
        if (part.properties[key] === undefined && at !== '.metadata') found.push(`unknown field ${at}.${key}`);
    for (const { rule, message } of (part[RULES] ?? []) as { rule: string; message: string }[])
      if (evaluate(asRead(rule), { self: inner as never }) !== true) found.push(`${at}: ${message}`);
  }
  return found;
}
