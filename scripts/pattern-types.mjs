#!/usr/bin/env node
// Writes the types of what can be declared from its schemas, with what the schemas say of each part, so that declarations of the
// package need no types of the schema library. With --check it writes nothing and says which file is not up to date. It reads
// dist: npm run build:ts first.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const WIDTH = 116;
const from = (file) => import(new URL(`dist/${file.includes('/') ? file : `patterns/${file}`}.js`, root).href);

const units = await from('units');
const credentials = await from('credentials');
const network = await from('network');
const table = await from('table');
const framing = await from('framing');
const recovery = await from('recovery');
const snapshot = await from('snapshot');
const stream = await from('stream');
const subscription = await from('subscription');
const integrity = await from('integrity');
const security = await from('security');
const deployment = await from('deployment');
const pipeline = await from('pipeline');
const venue = await from('venue');
const { machineShape } = await from('plan/machine');
const { mappingSchema, source } = await from('metadata/mapping');

const PATTERNS = 'src/patterns/types.ts';
const MACHINE = 'src/plan/machine-types.ts';
const MAPPING = 'src/metadata/mapping-types.ts';

/** Schema, name of what a check gives, and of what it takes (default: the same and `Input`; null: nobody needs it), and its file. */
const NAMED = [
  [units.duration, 'Duration'],
  [credentials.reference, 'Reference'],
  [credentials.credentialsSchema, 'Credentials'],
  [network.networkSchema, 'Network'],
  [table.variableSchema, 'VariableValue'],
  [table.credentialSchema, 'CredentialValue'],
  [table.parameterSchema, 'ParameterValue'],
  [table.valueSchema, 'Value'],
  [table.envelopeSchema, 'Envelope'],
  [table.messageSchema, 'TableMessage'],
  [table.fixSchema, 'FixMessage'],
  [table.emptyPacketSchema, 'EmptyPacket'],
  [table.outgoingSchema, 'Outgoing'],
  [framing.fieldSchema, 'FramingField'],
  [framing.framingSchema, 'Parsed', 'FramingInput'],
  [recovery.replySchema, 'Reply'],
  [recovery.recoverySchema, 'Recovery'],
  [recovery.waitRung, 'WaitRung'],
  [recovery.requestRung, 'RequestRung'],
  [snapshot.snapshotSchema, 'Snapshot'],
  [snapshot.snapshotRung, 'SnapshotRung'],
  [stream.streamSchema, 'Stream'],
  [stream.streamUse, 'StreamUse'],
  [subscription.subscriptionSchema, 'Subscription'],
  [integrity.integritySchema, 'Integrity'],
  [security.protection, 'Protection'],
  [deployment.deploymentSchema, 'Deployment'],
  [pipeline.pipelineSchema, 'Pipeline'],
  [venue.venueSchema, 'VenueDocument', 'VenueDeclaration'],
  [venue.venueResourceSchema, null, 'VenueResource'],
  [machineShape, 'MachineFacts', undefined, MACHINE],
  [source, 'MappingSource', undefined, MAPPING],
  [mappingSchema, 'MappingRecord', null, MAPPING],
];
/** Enumerations that the contract names. */
const OF_CONTRACT = [
  [table.variableName, 'Variable'],
  [framing.kindName, 'PacketKind'],
  [recovery.replyAction, 'Action'],
  [recovery.outcome, 'Outcome'],
];

const defOf = (schema) => schema._zod.def;
const WRAPPERS = ['optional', 'default', 'prefault'];
const isDefaulted = (schema) => ['default', 'prefault'].includes(defOf(schema).type);

/** What a schema consists of. */
function partsOf(schema) {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      return Object.values(def.shape);
    case 'union':
      return def.options;
    case 'array':
      return [def.element];
    case 'record':
      return [def.keyType, def.valueType];
    case 'tuple':
      return def.items;
    default:
      return WRAPPERS.includes(def.type) ? [def.innerType] : [];
  }
}

const differing = new Map();
/** Whether what is taken differs from what is given. */
function differs(schema) {
  let known = differing.get(schema);
  if (known === undefined) {
    known = isDefaulted(schema) || partsOf(schema).some(differs);
    differing.set(schema, known);
  }
  return known;
}

const names = new Map();
for (const [schema, output, input, path = PATTERNS] of NAMED) {
  if (schema === undefined) throw new Error(`no schema for ${output}: is dist up to date?`);
  const given = input === undefined && output !== null ? `${output}Input` : input;
  names.set(schema, { output, input: differs(schema) ? given : output, path });
}
for (const [schema, name] of OF_CONTRACT) names.set(schema, { output: name, input: name });

/** The names of a schema: its own, or those of the one that it was described or refined from. */
function namesOf(schema) {
  for (let s = schema; s !== undefined; s = s._zod.parent) if (names.has(s)) return names.get(s);
  return undefined;
}

const literal = (value) => (typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value));
const grouped = (text) => (/[|&]/.test(text.replace(/\{[\s\S]*\}|<.*>/g, '')) ? `(${text})` : text);

/** The type of a schema, by its name where it has one. `side`: `input` or `output`. */
function typeOf(schema, side) {
  return namesOf(schema)?.[side] ?? ownType(schema, side);
}

function ownType(schema, side) {
  const def = defOf(schema);
  const many = (list) => [...new Set(list.map((s) => typeOf(s, side)))];
  switch (def.type) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'unknown':
    case 'never':
      return def.type;
    case 'literal':
      return def.values.map(literal).join(' | ');
    case 'enum':
      return Object.values(def.entries).map(literal).join(' | ');
    case 'array':
      return `${grouped(typeOf(def.element, side))}[]`;
    case 'record':
      return `Record<string, ${typeOf(def.valueType, side)}>`;
    case 'tuple':
      return `[${def.items.map((s) => typeOf(s, side)).join(', ')}]`;
    case 'union':
      return many(def.options).join(' | ');
    case 'object':
      return `{\n${membersOf(schema, side)}}`;
    case 'custom':
      return 'Decoder'; // the only thing that a class checks
    case 'lazy':
      return 'JsonValue'; // the only schema that refers to itself
    default:
      if (!WRAPPERS.includes(def.type)) throw new Error(`no type is known for a schema of type '${def.type}'`);
      return side === 'input' || def.type === 'optional'
        ? `${typeOf(def.innerType, side)} | undefined`
        : typeOf(def.innerType, side);
  }
}

/** What a schema is said to be, from outside in. */
function descriptionOf(schema) {
  let said;
  let given;
  for (let s = schema; s !== undefined; s = WRAPPERS.includes(defOf(s).type) ? defOf(s).innerType : undefined) {
    if (isDefaulted(s)) given ??= defOf(s).defaultValue;
    // What a named one means is said where it is declared.
    if (!names.has(s)) said ??= s.description;
  }
  const isShort = ['string', 'number', 'boolean'].includes(typeof given) && given !== '';
  if (!isShort || said?.includes('efault') === true) return said;
  const shown = `Default: \`${given}\``;
  return said === undefined ? `${shown}.` : `${said.replace(/\.$/, '')}. ${shown}.`;
}

function comment(text, indent) {
  if (text === undefined) return '';
  const safe = text.replaceAll('*/', '* /');
  if (indent.length + safe.length + 8 <= WIDTH) return `${indent}/** ${safe} */\n`;
  const lines = [''];
  for (const word of safe.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && indent.length + last.length + word.length + 4 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return `${indent}/**\n${lines.map((l) => `${indent} * ${l}\n`).join('')}${indent} */\n`;
}

function membersOf(schema, side) {
  return Object.entries(defOf(schema).shape)
    .map(([key, part]) => {
      const { type } = defOf(part);
      const isOptional = type === 'optional' || (side === 'input' && isDefaulted(part));
      const shown = typeOf(part, side);
      const name = /^\w+$/.test(key) ? key : literal(key);
      return `${comment(descriptionOf(part), '  ')}  ${name}${isOptional ? '?' : ''}: ${shown};\n`;
    })
    .join('');
}

function declaration(schema, name, side) {
  const said = comment(schema.description, '');
  if (defOf(schema).type === 'object') return `${said}export interface ${name} {\n${membersOf(schema, side)}}\n`;
  return `${said}export type ${name} = ${ownType(schema, side)};\n`;
}

/** The types of one file. */
function declarationsOf(path) {
  return NAMED.flatMap(([schema]) => {
    const own = names.get(schema);
    if (own.path !== path) return [];
    const both = own.output === null ? [] : [declaration(schema, own.output, 'output')];
    if (own.input !== own.output && own.input !== null) both.push(declaration(schema, own.input, 'input'));
    return both;
  }).join('\n');
}

const JSON_VALUE =
  'export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };\n\n';
const HEAD = `/**
 * What can be declared, as types: what a check gives, and where it differs (\`…Input\`) what it takes. Written from the schemas by
 * \`npm run pattern-types\`, so that the package's declarations need no types of the schema library; a test compares them.
 */
`;

function fileText(path) {
  const body = declarationsOf(path);
  const uses = (name) => new RegExp(`\\b${name}\\b`).test(body);
  const imports = (of, where) => {
    const used = [...new Set(of)].filter(uses);
    return used.length === 0 ? '' : `import type { ${used.join(', ')} } from '${where}';\n`;
  };
  const inPatterns = NAMED.map(([schema]) => names.get(schema)).filter((n) => n.path === PATTERNS);
  const elsewhere =
    path === PATTERNS
      ? imports(OF_CONTRACT.map(([, name]) => name).sort(), '../contract.js') +
        imports(['Decoder'], '../layout/decoder.js')
      : imports(
          ['JsonValue', ...inPatterns.flatMap((n) => [n.output, n.input]).filter((n) => n)],
          '../patterns/types.js',
        );
  return `${HEAD}${elsewhere}\n${path === PATTERNS ? JSON_VALUE : ''}${body}`;
}

const biome = fileURLToPath(new URL('node_modules/.bin/biome', root));
const isCheck = process.argv.includes('--check');
for (const path of [PATTERNS, MACHINE, MAPPING]) {
  const file = fileURLToPath(new URL(path, root));
  const formatted = execFileSync(biome, ['format', `--stdin-file-path=${path}`], {
    input: fileText(path),
    encoding: 'utf8',
    cwd: fileURLToPath(root),
  });
  if (!isCheck) writeFileSync(file, formatted);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== formatted) {
    console.error(`${path} is not up to date: npm run build:ts && npm run pattern-types`);
    process.exitCode = 1;
  }
}
