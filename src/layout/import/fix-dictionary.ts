/** FIX dictionaries in the XML that QuickFIX and its relatives use (FIX44.xml and so on). */
import {
  type FixDictionary,
  type FixField,
  type FixGroup,
  type FixMembers,
  type FixMessageType,
  fixFault,
  fixType,
  linkLengths,
  makeGroup,
} from '../fix/dictionary.js';
import { readXml, type XmlElement } from './xml.js';

const DEEPEST = 16;
const MOST_MEMBERS = 200_000;

/** @throws VenuewireError `VW_FIX_DICTIONARY` */
export function readFixXml(xml: string): FixDictionary {
  const root = readXml(xml, 'VW_FIX_DICTIONARY', 'FIX dictionary');
  if (root.name !== 'fix') throw fixFault(`line ${root.line}: ${root.name} is no dictionary`);
  const section = (name: string) => root.children.find((c) => c.name === name)?.children ?? [];
  const need = (e: XmlElement, name: string): string => {
    const value = e.attributes.get(name);
    if (value === undefined) throw fixFault(`line ${e.line}: ${e.name} has no ${name}`);
    return value;
  };

  const fields = new Map<number, FixField>();
  const byName = new Map<string, FixField>();
  for (const e of section('fields')) {
    const tag = Number(need(e, 'number'));
    if (!Number.isInteger(tag) || tag < 1) throw fixFault(`line ${e.line}: the tag '${e.attributes.get('number')}'`);
    const codes = e.children.filter((c) => c.name === 'value');
    const values = Object.fromEntries(codes.map((c) => [need(c, 'enum'), c.attributes.get('description') ?? '']));
    fields.set(tag, {
      tag,
      name: need(e, 'name'),
      type: fixType(need(e, 'type')),
      values: codes.length > 0 ? values : undefined,
    });
  }
  linkLengths(fields);
  for (const f of fields.values()) byName.set(f.name, f);
  const components = new Map(section('components').map((e) => [need(e, 'name'), e]));
  let count = 0;
  const members = (list: readonly XmlElement[], depth: number): FixMembers => {
    const out = new Map<number, FixGroup | undefined>();
    if (depth > DEEPEST) throw fixFault('components or groups stand in each other too deep, or in themselves');
    for (const e of list) {
      if (++count > MOST_MEMBERS) throw fixFault('has too many fields');
      const name = need(e, 'name');
      if (e.name === 'component') {
        const found = components.get(name);
        if (found === undefined) throw fixFault(`line ${e.line}: there is no component ${name}`);
        for (const [tag, group] of members(found.children, depth + 1)) out.set(tag, group);
        continue;
      }
      const field = byName.get(name);
      if (field === undefined) throw fixFault(`line ${e.line}: there is no field ${name}`);
      if (e.name === 'field') out.set(field.tag, undefined);
      else if (e.name === 'group')
        out.set(field.tag, makeGroup(field, members(e.children, depth + 1), `line ${e.line}`));
      else throw fixFault(`line ${e.line}: ${e.name} is neither field nor group nor component`);
    }
    return out;
  };
  const messages = new Map<string, FixMessageType>();
  for (const e of section('messages')) {
    const type = need(e, 'msgtype');
    messages.set(type, { type, name: need(e, 'name'), members: members(e.children, 0) });
  }
  const kind = root.attributes.get('type') ?? 'FIX';
  return {
    begin: `${kind}.${root.attributes.get('major') ?? '?'}.${root.attributes.get('minor') ?? '?'}`,
    fields,
    messages,
    header: members(section('header'), 0),
    trailer: members(section('trailer'), 0),
  };
}
