/**
 * A JSON Schema as Kubernetes wants it: a structural schema, whose every part has one type, and rules in CEL for the rest.
 * Source: Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions", sections "Specifying a structural
 * schema" and "Validation rules".
 *
 * - An alternative told apart by `type` becomes one object with the properties of all, and a rule for each of its types.
 * - What may be a text or an object (a pattern by name, or written out) has no type: the whole is kept as it is, and checked
 *   by whoever reads it.
 * - Whole numbers that may be digits in quotes are int-or-string.
 * - Maps and lists get a bound where they have none: the server adds up what its rules may cost at most.
 */
import { VenuewireError } from '../errors.js';

/** What is read here of a JSON Schema. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** A rule that the server checks: an expression in CEL that must be true of `self`. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** A structural schema, as `openAPIV3Schema` has it. */
export type StructuralSchema = {
  type?: string;
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  required?: string[];
  'x-kubernetes-validations'?: CelRule[];
  [keyword: string]: unknown;
};

export interface StructuralOptions {
  /** What `$ref` names: `#/$defs/NAME`. */
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** The most entries of a map or list, by its place (`spec.lines`), where the schema states none. */
  readonly bounds: Readonly<Record<string, number>>;
  /** Rules beside those that follow from the schema, by place. `*` stands for any key or entry. */
  readonly rules: Readonly<Record<string, readonly CelRule[]>>;
}

/** Entries of a map or list that nothing else bounds. */
const MOST_ENTRIES = 64;
/** Characters of a text that nothing else bounds, and of one that must match a pattern: an address, a time, a reference. */
const MOST_CHARACTERS = 4096;
const MOST_OF_A_PATTERN = 256;
const KEPT = ['description', 'pattern', 'minimum', 'maximum', 'minLength', 'minItems', 'maxItems'] as const;
/** Beyond these a whole number is not bounded by the schema, but by what JavaScript counts. */
const SAFE = Number.MAX_SAFE_INTEGER;
const ANYTHING = { 'x-kubernetes-preserve-unknown-fields': true } as const;

/**
 * The structural schema of a JSON Schema.
 * @throws VenuewireError `VW_KUBERNETES_SCHEMA` for what has no structural form.
 */
export function structuralSchema(schema: JsonSchema, options: StructuralOptions): StructuralSchema {
  return new Converter(options).of(schema, '', true);
}

class Converter {
  readonly #options: StructuralOptions;
  /** Names that are being resolved: a schema that holds itself has no structural form. */
  readonly #within: string[] = [];
  constructor(options: StructuralOptions) {
    this.#options = options;
  }

  /** @param defaults whether a default may be filled in here: not where it is one alternative's alone. */
  of(schema: JsonSchema, place: string, defaults: boolean): StructuralSchema {
    if (schema.$ref !== undefined) return this.#reference(schema, place, defaults);
    const alternatives = schema.oneOf ?? schema.anyOf;
    const made =
      alternatives === undefined ? this.#one(schema, place, defaults) : this.#any(schema, alternatives, place);
    if (defaults && schema.default !== undefined) made.default = schema.default;
    const rules = this.#options.rules[place];
    if (rules !== undefined) made['x-kubernetes-validations'] = [...(made['x-kubernetes-validations'] ?? []), ...rules];
    return made;
  }

  #reference(schema: JsonSchema, place: string, defaults: boolean): StructuralSchema {
    const name = (schema.$ref as string).slice('#/$defs/'.length);
    const described = schema.description === undefined ? {} : { description: schema.description };
    if (this.#within.includes(name)) return { ...ANYTHING, ...described };
    const target = this.#options.definitions[name];
    if (target === undefined) throw noForm(place, `${schema.$ref} is not defined`);
    this.#within.push(name);
    const made = this.of(target, place, defaults);
    this.#within.pop();
    return { ...made, ...described };
  }

  #one(schema: JsonSchema, place: string, defaults: boolean): StructuralSchema {
    const made: StructuralSchema = {};
    for (const key of KEPT) if (schema[key] !== undefined) made[key] = schema[key];
    if (schema.const !== undefined) return { ...made, type: typeof schema.const, enum: [schema.const] };
    if (schema.enum !== undefined) made.enum = [...schema.enum];
    // A value of several types: none is said.
    if (typeof schema.type !== 'string')
      return { ...(made.description === undefined ? {} : { description: made.description }), ...ANYTHING };
    made.type = schema.type;
    if (schema.type === 'integer') bare(made);
    if (schema.type === 'string' && schema.enum === undefined)
      made.maxLength = schema.maxLength ?? (schema.pattern === undefined ? MOST_CHARACTERS : MOST_OF_A_PATTERN);
    if (schema.type === 'array') this.#list(schema, made, place, defaults);
    if (schema.type === 'object') this.#object(schema, made, place, defaults);
    return made;
  }

  #list(schema: JsonSchema, made: StructuralSchema, place: string, defaults: boolean): void {
    made.maxItems ??= this.#options.bounds[place] ?? MOST_ENTRIES;
    made.items = schema.items === undefined ? { ...ANYTHING } : this.of(schema.items, `${place}.*`, defaults);
  }

  #object(schema: JsonSchema, made: StructuralSchema, place: string, defaults: boolean): void {
    if (schema.properties !== undefined) {
      made.properties = {};
      for (const [name, of] of Object.entries(schema.properties))
        made.properties[name] = this.of(of, place === '' ? name : `${place}.${name}`, defaults);
      if (schema.required !== undefined) made.required = [...schema.required];
      return;
    }
    made.maxProperties = this.#options.bounds[place] ?? MOST_ENTRIES;
    const values = schema.additionalProperties;
    const of = typeof values === 'object' ? this.of(values, `${place}.*`, defaults) : { ...ANYTHING };
    // Values of any type: then the map is one, too, but it stays visible to rules.
    if (!isVisible(of)) {
      Object.assign(made, ANYTHING);
      return;
    }
    made.additionalProperties = of;
    const names = schema.propertyNames?.pattern;
    if (names !== undefined) {
      made['x-kubernetes-validations'] = [
        {
          rule: `self.all(name, name.matches(${cel(names as string)}))`,
          message: `names must match ${names as string}`,
        },
      ];
    }
  }

  #any(schema: JsonSchema, alternatives: readonly JsonSchema[], place: string): StructuralSchema {
    const described = schema.description === undefined ? {} : { description: schema.description };
    const whole = alternatives.map((a) => this.#resolved(a));
    if (whole.every((a) => a.const !== undefined))
      return { type: typeof whole[0]?.const, enum: whole.map((a) => a.const), ...described };
    if (whole.every((a) => a.properties?.type?.const !== undefined))
      return { ...this.#union(whole, place), ...described };
    const types = new Set(whole.flatMap((a) => (a.anyOf ?? [a]).map((inner) => inner.type)));
    if (types.size === 2 && types.has('integer') && types.has('string'))
      return { 'x-kubernetes-int-or-string': true, ...described };
    if (types.size === 1 && types.has('array'))
      return { ...this.#anyList(whole[0] as JsonSchema, place), ...described };
    return { ...ANYTHING, ...described };
  }

  /** Lists that differ by what their length must be: a list of any length. */
  #anyList(schema: JsonSchema, place: string): StructuralSchema {
    const { minItems: _, ...list } = this.of(schema, place, false);
    return list;
  }

  #resolved(schema: JsonSchema): JsonSchema {
    return schema.$ref === undefined
      ? schema
      : (this.#options.definitions[schema.$ref.slice('#/$defs/'.length)] ?? schema);
  }

  /** Objects that `type` tells apart: one object, and what each type needs and takes. */
  #union(alternatives: readonly JsonSchema[], place: string): StructuralSchema {
    const types: string[] = [];
    const properties: Record<string, StructuralSchema> = {};
    for (const a of alternatives) {
      types.push(a.properties?.type?.const as string);
      for (const [name, of] of Object.entries(a.properties ?? {})) {
        if (name === 'type') continue;
        const made = this.of(of, `${place}.${name}`, false);
        const other = properties[name];
        properties[name] = other === undefined ? made : common(other, made);
      }
    }
    const visible = Object.keys(properties).filter((name) => isVisible(properties[name] as StructuralSchema));
    const rules = alternatives.flatMap((a) => [
      unionRule(a, visible),
      ...patternRules(a, properties, (of) => this.#resolved(of)),
    ]);
    return {
      type: 'object',
      properties: { type: { type: 'string', enum: types }, ...properties },
      required: ['type'],
      'x-kubernetes-validations': rules.filter((rule) => rule !== undefined),
    };
  }
}

/** Whether rules may speak of it: the server hides from them what has no type. */
const isVisible = (of: StructuralSchema): boolean =>
  (of.type !== undefined || of['x-kubernetes-int-or-string'] === true) &&
  (of.items === undefined || isVisible(of.items));

/**
 * What one type of a union needs, and that it takes nothing of the others.
 * @param all properties that rules may speak of.
 */
function unionRule(alternative: JsonSchema, all: readonly string[]): CelRule | undefined {
  const type = alternative.properties?.type?.const as string;
  const own = Object.keys(alternative.properties ?? {}).filter((name) => name !== 'type');
  const needed = (alternative.required ?? []).filter((name) => all.includes(name));
  const terms = [
    ...needed.map((name) => `has(self.${member(name)})`),
    ...all.filter((name) => !own.includes(name)).map((name) => `!has(self.${member(name)})`),
  ];
  if (terms.length === 0) return undefined;
  const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));
  return {
    rule: `self.type != ${cel(type)} || (${terms.join(' && ')})`,
    message: `${type} needs ${list(needed)} and takes ${list(own)}`,
  };
}

/** Texts of one type whose pattern is not that of all. */
function patternRules(
  alternative: JsonSchema,
  merged: Readonly<Record<string, StructuralSchema>>,
  resolved: (of: JsonSchema) => JsonSchema,
): CelRule[] {
  const type = alternative.properties?.type?.const as string;
  return Object.entries(alternative.properties ?? {}).flatMap(([name, of]) => {
    const pattern = resolved(of).pattern as string | undefined;
    if (name === 'type' || pattern === undefined || merged[name]?.type !== 'string') return [];
    if (merged[name]?.pattern === pattern) return [];
    const at = `self.${member(name)}`;
    return [
      {
        rule: `self.type != ${cel(type)} || !has(${at}) || ${at}.matches(${cel(pattern)})`,
        message: `${name} of ${type} should match '${pattern}'`,
      },
    ];
  });
}

/** What two schemas of one name have in common: all of it where they say the same. */
function common(a: StructuralSchema, b: StructuralSchema): StructuralSchema {
  if (a.type !== b.type) return { ...ANYTHING };
  const plain = ({ description: _, ...rest }: StructuralSchema): string => JSON.stringify(rest);
  if (plain(a) === plain(b)) return a;
  if (a.type === 'object') return { ...ANYTHING };
  const shared = Object.entries(a).filter(([key, value]) => JSON.stringify(value) === JSON.stringify(b[key]));
  const made = Object.fromEntries(shared) as StructuralSchema;
  if (a.description !== undefined) made.description = a.description;
  for (const most of ['maxLength', 'maxItems'])
    if (typeof a[most] === 'number' && typeof b[most] === 'number') made[most] = Math.max(a[most], b[most]);
  if (a.items !== undefined && b.items !== undefined) made.items = common(a.items, b.items);
  return made;
}

/** A whole number without the bounds that say no more than that JavaScript counts it. */
function bare(made: StructuralSchema): void {
  if (made.maximum === SAFE) delete made.maximum;
  if (made.minimum === -SAFE) delete made.minimum;
  made.format = 'int64';
}

/** Words that CEL keeps for itself; a property of that name is written with lines around it. */
const KEPT_WORDS = [
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
].concat(['import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);
const member = (name: string): string => (KEPT_WORDS.includes(name) ? `__${name}__` : name);

/** A text as CEL writes it. */
const cel = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const noForm = (place: string, why: string): VenuewireError =>
  new VenuewireError(
    'VW_KUBERNETES_SCHEMA',
    `${place || 'the schema'} has no structural form: ${why}`,
    'Give each part one type, or an alternative told apart by `type`.',
  );
