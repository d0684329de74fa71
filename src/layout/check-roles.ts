import type { BookAction } from '../contract.js';
import type { CheckedTable, TableFault } from './check.js';
import { bitName, Composite, Constant, Field, type Fields, Group, type Message } from './field.js';
import { type Coded, type EventRoles, type EventRule, type Role, type RoleCode, rolesFor, rulesOf } from './roles.js';

/** What each action cannot do without. */
const NEEDS: Readonly<Record<BookAction, readonly (keyof EventRule)[]>> = {
  none: [],
  add: ['id', 'side', 'price', 'size'],
  put: ['id', 'side', 'price', 'size'],
  reduce: ['id', 'size'],
  execute: ['id', 'size'],
  setSize: ['id', 'size'],
  modify: ['id'],
  remove: ['id'],
  replace: ['id', 'newId'],
  removeFrom: ['side', 'place'],
  removeThrough: ['side', 'place'],
  clear: [],
  levelSet: ['side', 'price', 'size'],
  levelInsert: ['side', 'level', 'price', 'size'],
  levelChange: ['side', 'level', 'size'],
  levelRemove: ['side', 'level'],
  levelRemoveFrom: ['side', 'level'],
  levelRemoveThrough: ['side', 'level'],
  quote: ['side', 'price', 'size'],
  trade: ['price', 'size'],
  tradeCancel: [],
  status: ['state'],
  define: [],
  imbalance: ['size'],
  statistic: ['statistic'],
};

/** Actions whose instrument another message has told: the order's. */
const ORDER_TELLS: ReadonlySet<BookAction> = new Set([
  'reduce',
  'execute',
  'setSize',
  'modify',
  'remove',
  'replace',
  'tradeCancel',
]);

/** What is wrong with the roles of a table; looks at the declaration alone. */
export function checkRoles(table: CheckedTable & { readonly events?: EventRoles | undefined }): TableFault[] {
  const { events, messages } = table;
  if (events === undefined) return [];
  const faults: TableFault[] = [];
  const roles = rolesFor(events, messages);
  for (const name of Object.keys(roles.messages)) {
    const message = messages[name];
    const fault = (what: string): void => {
      faults.push({ code: 'VW_LAYOUT_ROLE', where: `events.messages.${name}`, what });
    };
    if (message === undefined) fault('there is no such message');
    else for (const rule of rulesOf(roles, name)) new RuleCheck(table, roles, message, rule, fault).run();
  }
  return faults;
}

class RuleCheck {
  readonly #records: readonly Fields[];
  constructor(
    readonly table: CheckedTable,
    readonly roles: EventRoles,
    message: Message,
    readonly rule: EventRule,
    readonly fault: (what: string) => void,
  ) {
    const entry = rule.each === undefined ? undefined : message.fields[rule.each];
    if (rule.each !== undefined && !(entry instanceof Group)) fault(`there is no group '${rule.each}'`);
    const first = Object.values(message.fields).find((part) => part instanceof Group);
    this.#records = [
      ...(entry instanceof Group ? [entry.fields] : []),
      ...(rule.refers !== undefined && first !== undefined ? [first.fields] : []),
      message.fields,
      table.header,
    ];
  }

  run(): void {
    const { rule } = this;
    const actions = typeof rule.does === 'string' ? [rule.does] : Object.values(rule.does.is);
    if (typeof rule.does === 'object') this.#coded(rule.does);
    if (rule.setsTime !== true) for (const action of new Set(actions)) this.#needs(action);
    for (const codes of [rule.when, rule.unless]) {
      for (const [name, values] of Object.entries(codes ?? {})) this.#codes(this.#field(name), name, values);
    }
    const { id, newId, tradeId, remaining, orders, place, level, time, seconds } = rule;
    for (const role of [id, newId, tradeId, remaining, orders, place, level, time, seconds, rule.refers])
      this.#role(role);
    for (const role of [rule.instrument, rule.name]) {
      if (typeof role === 'object' && 'together' in role) for (const n of role.together) this.#role(n);
      else this.#role(role);
    }
    for (const coded of [rule.state, rule.statistic]) if (typeof coded === 'object') this.#coded(coded);
    if (typeof rule.last === 'object') this.#role(rule.last.field);
    this.#side();
    this.#prices();
  }

  #needs(action: BookAction): void {
    for (const role of NEEDS[action]) {
      const follows = role === 'side' && this.rule.follows === true;
      if (this.rule[role] === undefined && !follows) this.fault(`'${action}' has no ${role}`);
    }
    if (action === 'none' || action === 'clear' || ORDER_TELLS.has(action)) return;
    const own = this.rule.instrument !== undefined || this.rule.follows === true;
    const { instrument = [] } = this.table;
    const keys = typeof instrument === 'string' ? [instrument] : instrument;
    if (!own && !keys.some((key) => this.#part(key) !== undefined)) this.fault(`'${action}' has no instrument`);
  }

  #part(name: string): Field | undefined {
    for (const fields of this.#records) {
      const part = fields[name];
      if (part instanceof Field) return part;
      if (part instanceof Composite) return this.#part(part.first);
      for (const [field, whole] of Object.entries(fields)) {
        if (!(whole instanceof Field) || !name.startsWith(field)) continue;
        if (Object.keys(whole.data.places ?? {}).some((bit) => name === bitName(field, bit))) return whole;
      }
      if (part instanceof Constant) this.fault(`'${name}' is never sent`);
    }
    return undefined;
  }

  #field(names: string | readonly string[]): Field | undefined {
    const list = typeof names === 'string' ? [names] : names;
    for (const name of list) {
      const field = this.#part(name);
      if (field !== undefined) return field;
    }
    this.fault(`there is no field '${list.join(' or ')}'`);
    return undefined;
  }

  #role(role: Role | undefined): Field | undefined {
    if (role === undefined || (typeof role === 'object' && 'always' in role)) return undefined;
    return this.#field(role);
  }

  #coded<T>(coded: Coded<T>): void {
    this.#codes(this.#field(coded.field), String(coded.field), Object.keys(coded.is));
  }

  #codes(field: Field | undefined, name: string, codes: readonly RoleCode[]): void {
    if (field === undefined) return;
    const { wire, size } = field.data;
    for (const code of codes) {
      const fits =
        wire === 'char'
          ? String(code).length <= (typeof code === 'number' ? 3 : 1)
          : wire === 'text'
            ? String(code).length <= size
            : wire === 'uint' || wire === 'int' || wire === 'digits'
              ? /^-?[0-9]+$/.test(String(code))
              : false;
      if (!fits) this.fault(`'${name}' cannot have the code '${code}'`);
    }
  }

  #side(): void {
    const { side } = this.rule;
    if (typeof side !== 'object') return;
    const field = this.#field(side.field);
    const bid = 'bid' in side ? side.bid : ['B'];
    const ask = 'ask' in side ? side.ask : ['S'];
    if (bid.length === 0 || ask.length === 0) this.fault(`'${side.field}' says only one side`);
    if (bid.some((code) => ask.includes(code))) this.fault(`a code of '${side.field}' is both sides`);
    this.#codes(field, side.field, [...bid, ...ask]);
  }

  /** A price whose scale nobody tells is a price that nobody can use. */
  #prices(): void {
    const { rule, roles } = this;
    const price = this.#role(rule.price);
    this.#role(rule.size);
    for (const role of [rule.priceExponent, rule.instrumentExponent, rule.tradeExponent]) {
      if (typeof role !== 'object') continue;
      if ('is' in role) this.#coded(role);
      else this.#role('decimals' in role ? role.decimals : role.field);
    }
    if (price === undefined || roles.priceExponent === 'instrument' || rule.priceExponent !== undefined) return;
    const { wire, meaning } = price.data;
    const composite = this.#records.some((fields) => fields[String(rule.price)] instanceof Composite);
    if (wire === 'text' || wire === 'float' || composite) return;
    if (meaning?.scale === undefined) this.fault(`'${String(rule.price)}' has no scale`);
    else if (meaning.scale < roles.priceExponent)
      this.fault(`'${String(rule.price)}' has more decimals than the books`);
  }
}
