/** FIX dictionaries in the XML that QuickFIX and its relatives use (FIX44.xml and so on). */

import { placeOf, readXml, type XmlElement, type XmlOptions, type XmlSource } from '../xml.js';
import {
  type FixDictionary,
  type FixField,
  type FixGroup,
  type FixMembers,
  type FixMessageType,
  fixFault,
  fixType,
  linkLengths,
} from './dictionary.js';

export interface FixXmlOptions extends XmlOptions {
  /** The session's dictionary (FIXT11.xml), where a dictionary has the application's messages only (FIX 5.0 and later). */
  readonly transport?: XmlSource;
}

/** Components and groups in each other; FIX 5.0 SP2 has 17. */
const DEEPEST = 64;
/** Fields and groups of one message or entry, components put in. */
const MOST_MEMBERS = 20_000;
const LARGEST_TAG = 99_999_999;

/**
 * The dictionary of an XML document (its text or its bytes). Everything in it is checked now; what a message or a group
 * is made of is put together when it is first asked for, so that a dictionary costs what is used of it.
 * @throws VenuewireError `VW_FIX_DICTIONARY`
 */
export function readFixXml(xml: XmlSource, options: FixXmlOptions = {}): FixDictionary {
  const { transport, file } = options;
  const application = new Reader(xml, file).dictionary();
  if (transport === undefined) return application;
  const session = new Reader(transport, file === undefined ? undefined : `${file} (transport)`).dictionary();
  const fields = new Map([...session.fields, ...application.fields]);
  linkLengths(fields);
  return {
    begin: session.begin,
    fields,
    messages: new Map([...session.messages, ...application.messages]),
    header: session.header,
    trailer: session.trailer,
  };
}

const need = (e: XmlElement, name: string): string => {
  const value = e.attributes.get(name);
  if (value === undefined || value === '')
    throw fixFault(`${placeOf(e)}: ${e.name} has no ${name}`, `Add the attribute ${name}.`);
  return value;
};

/** What was found of a component or a group when it was checked. */
interface Checked {
  /** Components and groups in each other, itself included. */
  readonly height: number;
  /** Members with components put in. */
  readonly members: number;
}

class Reader {
  readonly #fields = new Map<number, FixField>();
  readonly #byName = new Map<string, FixField>();
  readonly #components = new Map<string, XmlElement>();
  readonly #checked = new Map<XmlElement, Checked | 'open'>();
  readonly #groups = new Map<XmlElement, FixGroup>();
  readonly #root: XmlElement;

  constructor(xml: XmlSource, file: string | undefined) {
    const what = 'FIX dictionary';
    this.#root = readXml(xml, { code: 'VW_FIX_DICTIONARY', what, ...(file === undefined ? {} : { file }) });
    if (this.#root.name !== 'fix')
      throw fixFault(
        `${placeOf(this.#root)}: ${this.#root.name} is no dictionary`,
        'Give a dictionary in the XML of QuickFIX: its root is fix.',
      );
  }

  #section(name: string): readonly XmlElement[] {
    return this.#root.children.find((c) => c.name === name)?.children ?? [];
  }

  dictionary(): FixDictionary {
    for (const e of this.#section('fields')) this.#field(e);
    linkLengths(this.#fields);
    for (const f of this.#fields.values()) this.#byName.set(f.name, f);
    for (const e of this.#section('components')) {
      const name = need(e, 'name');
      if (this.#components.has(name)) throw twice(e, `component ${name}`);
      this.#components.set(name, e);
    }
    for (const e of this.#components.values()) this.#check(e, 0);
    const root = this.#root;
    const list = (name: string): FixMembers => {
      const e = root.children.find((c) => c.name === name);
      if (e === undefined) return new Map();
      this.#check(e, 0);
      return this.#members(e.children);
    };
    const kind = root.attributes.get('type') ?? 'FIX';
    return {
      begin: `${kind}.${root.attributes.get('major') ?? '?'}.${root.attributes.get('minor') ?? '?'}`,
      fields: this.#fields,
      messages: this.#messages(),
      header: list('header'),
      trailer: list('trailer'),
    };
  }

  #field(e: XmlElement): void {
    const number = need(e, 'number');
    const tag = Number(number);
    if (!/^[1-9][0-9]*$/.test(number) || tag > LARGEST_TAG)
      throw fixFault(`${placeOf(e)}: the tag '${number}'`, `A tag is a whole number from 1 to ${LARGEST_TAG}.`);
    if (this.#fields.has(tag)) throw twice(e, `tag ${tag}`);
    const codes = e.children.filter((c) => c.name === 'value');
    const values = Object.fromEntries(codes.map((c) => [need(c, 'enum'), c.attributes.get('description') ?? '']));
    this.#fields.set(tag, {
      tag,
      name: need(e, 'name'),
      type: fixType(need(e, 'type')),
      values: codes.length > 0 ? values : undefined,
    });
  }

  #messages(): Map<string, FixMessageType> {
    const messages = new Map<string, FixMessageType>();
    for (const e of this.#section('messages')) {
      const type = need(e, 'msgtype');
      if (messages.has(type)) throw twice(e, `message ${type}`);
      this.#check(e, 0);
      messages.set(type, new LazyMessage(type, need(e, 'name'), () => this.#members(e.children)));
    }
    return messages;
  }

  /** Checks a message, component or group and all in it, each element once. */
  #check(e: XmlElement, depth: number): Checked {
    const known = this.#checked.get(e);
    const name = e.attributes.get('name') ?? e.name;
    if (known === 'open')
      throw fixFault(`${placeOf(e)}: ${e.name} ${name} stands in itself`, 'Take it out of what it is made of.');
    if (depth + (known?.height ?? 1) > DEEPEST)
      throw fixFault(
        `${placeOf(e)}: components and groups stand in each other more than ${DEEPEST} deep`,
        'Put less into each other.',
      );
    if (known !== undefined) return known;
    this.#checked.set(e, 'open');
    let height = 0;
    let members = 0;
    for (const child of e.children) {
      const inner = this.#checkMember(child, depth + 1);
      height = Math.max(height, inner?.height ?? 0);
      members += inner === undefined || child.name === 'group' ? 1 : inner.members;
    }
    if (members > MOST_MEMBERS)
      throw fixFault(`${placeOf(e)}: ${name} has more than ${MOST_MEMBERS} fields`, 'Split it up.');
    if (e.name === 'group' && members === 0)
      throw fixFault(`${placeOf(e)}: the group ${name} is empty`, 'Its first field begins each entry: add it.');
    const found = { height: height + 1, members };
    this.#checked.set(e, found);
    return found;
  }

  #checkMember(e: XmlElement, depth: number): Checked | undefined {
    const name = need(e, 'name');
    if (e.name === 'component') return this.#check(this.#component(e), depth);
    if (e.name !== 'field' && e.name !== 'group')
      throw fixFault(`${placeOf(e)}: ${e.name} is neither field nor group nor component`, 'Use one of these.');
    if (!this.#byName.has(name))
      throw fixFault(`${placeOf(e)}: there is no field ${name}`, 'Define it among the fields, or correct its name.');
    return e.name === 'group' ? this.#check(e, depth) : undefined;
  }

  #component(e: XmlElement): XmlElement {
    const name = need(e, 'name');
    const found = this.#components.get(name);
    if (found === undefined)
      throw fixFault(
        `${placeOf(e)}: there is no component ${name}`,
        'Define it among the components, or correct its name.',
      );
    return found;
  }

  /** The members of a list that was checked, components put in. */
  #members(list: readonly XmlElement[], out = new Map<number, FixGroup | undefined>()): FixMembers {
    for (const e of list) {
      if (e.name === 'component') {
        this.#members(this.#component(e).children, out);
        continue;
      }
      const field = this.#byName.get(need(e, 'name')) as FixField;
      out.set(field.tag, e.name === 'group' ? this.#group(e, field) : undefined);
    }
    return out;
  }

  /** One object for each group of the document, however many messages have it. */
  #group(e: XmlElement, field: FixField): FixGroup {
    const made = this.#groups.get(e) ?? new LazyGroup(field.tag, field.name, () => this.#members(e.children));
    this.#groups.set(e, made);
    return made;
  }
}

const twice = (e: XmlElement, what: string) =>
  fixFault(`${placeOf(e)}: ${what} is there twice`, 'Take one of the two out.');

/** Members that are put together at the first look. */
class Lazy {
  #made: FixMembers | undefined;
  readonly #make: () => FixMembers;
  constructor(make: () => FixMembers) {
    this.#make = make;
  }
  get members(): FixMembers {
    this.#made ??= this.#make();
    return this.#made;
  }
}

class LazyMessage extends Lazy implements FixMessageType {
  constructor(
    readonly type: string,
    readonly name: string,
    make: () => FixMembers,
  ) {
    super(make);
  }
}

class LazyGroup extends Lazy implements FixGroup {
  constructor(
    readonly tag: number,
    readonly name: string,
    make: () => FixMembers,
  ) {
    super(make);
  }
  get first(): number {
    return this.members.keys().next().value as number;
  }
}
