// The console of a gateway. Everything it shows is told by the gateway's streams, by the client library that programs use too.
import { GatewayClient } from './library/gateway/client.js';

const LEVELS = 12;
const TRADES = 40;
const NOTICES = 200;
const TIMELINE_MS = 60_000;
const RACE_MS = 10_000;
/** States come four times a second; what is drawn is drawn once for each frame of the screen. */
const TERMS = ['delivered', 'recovered', 'abandoned', 'inFlight'];
const WORDS = { delivered: 'delivered', recovered: 'recovered', abandoned: 'abandoned', inFlight: 'in flight' };
const KIND = { gapOpened: 'opened', gapFilled: 'filled', gapAbandoned: 'abandoned' };

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en-US');
const time = (nanoseconds) => new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString().slice(11, 23);

/** Text is always text: names of venues and symbols come from outside. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') made.className = value;
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}
const row = (cells, of = 'td') =>
  element(
    'tr',
    {},
    ...cells.map((cell) => (cell instanceof Element && cell.tagName === 'TD' ? cell : element(of, {}, cell))),
  );
const table = (id, head, rows) =>
  byId(id).replaceChildren(element('thead', {}, row(head, 'th')), element('tbody', {}, ...rows));

let client;
let venue = '';
let venues = [];
let instrument = '';
let instruments = [];
let following = [];
let followingBook = [];
let state;
let book;
let trades = [];
let notices = [];
/** States of the last seconds, to tell who is ahead now. */
let race = [];
let isDrawn = true;

function draw() {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    drawState();
    drawNotices();
    drawBook();
    drawTrades();
  });
}

function drawState() {
  if (state === undefined) return;
  const { ledger, channels, stages, status, failure, messages, instruments: known, channelsMore } = state;
  if (ledger === null) byId('ledger').replaceChildren('An event log has no ledger of its own.');
  else {
    const term = (name, value) =>
      element(
        'span',
        { 'data-term': name },
        element('b', {}, number(value)),
        ' ',
        element('small', {}, WORDS[name] ?? name),
      );
    const parts = TERMS.flatMap((name, i) => [i === 0 ? '=' : '+', term(name, ledger[name])]);
    byId('ledger').replaceChildren(term('expected', ledger.expected), ...parts);
    byId('ledger-bar').replaceChildren(
      ...TERMS.filter((name) => ledger[name] > 0).map((name) => {
        const part = element('span', { class: name });
        part.style.flex = `${ledger[name]} 0 2px`;
        return part;
      }),
    );
  }
  byId('status').textContent =
    `${status}${failure === null ? '' : `: ${failure.code} ${failure.message}`} · ${number(messages)} messages, ${number(known)} instruments`;
  table(
    'channels',
    ['Channel', 'Expected', 'In flight', 'Recovered', 'Abandoned', 'Gaps'],
    channels.map(({ channel, ledger: of, counters }) =>
      row([
        channel,
        number(of.expected),
        number(of.inFlight),
        number(of.recovered),
        number(of.abandoned),
        number(counters.gapsOpened),
      ]),
    ),
  );
  if (channelsMore > 0) byId('channels').append(element('caption', {}, `and ${number(channelsMore)} more`));
  drawRace(channels);
  table(
    'stages',
    ['Stage', 'p50', 'p99', 'Most'],
    stages.map(({ stage, p50, p99, max }) =>
      row([stage, ...[p50, p99, max].map((ns) => `${(ns / 1_000).toFixed(1)} µs`)]),
    ),
  );
  if (stages.length === 0)
    byId('stages').replaceChildren(element('caption', {}, 'Begin the gateway with --stamps to see them.'));
}

/** Who was first, in all and lately, and by how many messages. */
function drawRace(channels) {
  const [before] = race;
  const rows = channels.flatMap(({ channel, lines, recoveredMessages }, index) => {
    const earlier = before?.channels[index]?.lines ?? [];
    const recent = lines.map(({ won }, i) => won - (earlier[i]?.won ?? 0));
    const all = recent.reduce((sum, n) => sum + n, 0);
    const best = Math.max(...recent);
    const second = [...recent].sort((a, b) => b - a)[1] ?? 0;
    return [
      ...lines.map(({ line, packets, won, silent }, i) => {
        const part = element('span', { class: 'part' });
        part.style.width = `${all === 0 ? 0 : (100 * recent[i]) / all}%`;
        const share = element(
          'td',
          {},
          all === 0 ? '–' : `${((100 * recent[i]) / all).toFixed(0)} %`,
          element('span', { class: 'share' }, part),
        );
        const isAhead = recent[i] === best && best > second;
        const note = silent
          ? element('span', { class: 'badge bad' }, 'silent')
          : isAhead
            ? element('span', { class: 'badge good' }, `ahead by ${number(best - second)}`)
            : '';
        const named = channels.length > 1 ? `${channel} ${line}` : line;
        const cell = element('td', {}, named, ' ', note);
        return row([cell, packets === null ? '–' : number(packets), number(won), share]);
      }),
      row([`${channels.length > 1 ? `${channel} ` : ''}recovery`, '', number(recoveredMessages), '']),
    ];
  });
  table('lines', ['Line', 'Packets', 'First', 'Last 10 s'], rows);
}

function drawNotices() {
  const now = Date.now();
  const svg = byId('timeline');
  const width = svg.clientWidth || 600;
  const at = (ms) => width - ((now - ms) / TIMELINE_MS) * width;
  const make = (name, attributes, text) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const marks = notices
    .map((notice) => ({ notice, ms: Number(BigInt(notice.time) / 1_000_000n) }))
    .filter(({ ms }) => now - ms < TIMELINE_MS);
  const lanes = { opened: 4, filled: 14, abandoned: 24, other: 14 };
  svg.replaceChildren(
    make('line', { x1: 0, x2: width, y1: 35, y2: 35 }),
    ...[60, 45, 30, 15].map((s) => make('text', { x: at(now - s * 1_000) + 2, y: 45 }, `−${s} s`)),
    ...marks.map(({ notice, ms }) => {
      const kind = KIND[notice.type] ?? 'other';
      return make('rect', { x: at(ms), y: lanes[kind], width: 3, height: 8, class: kind });
    }),
  );
  byId('notices').replaceChildren(
    ...notices
      .slice(-50)
      .reverse()
      .map(({ time: when, text, sequence, type }) =>
        element(
          'li',
          { 'data-sequence': String(sequence), 'data-type': type },
          element('time', {}, time(when)),
          ' ',
          text,
        ),
      ),
  );
}

function drawBook() {
  if (book === undefined) return;
  const { bids, asks, stale, crossed } = book;
  const sum = (levels) => levels.map(([, size]) => Number(size));
  const most = Math.max(1, ...sum(bids.slice(0, LEVELS)), ...sum(asks.slice(0, LEVELS)));
  const bar = (size, side) => {
    const cell = element('td', {}, size);
    const part = (100 * Number(size)) / most;
    const direction = side === 'bid' ? 'to left' : 'to right';
    cell.style.backgroundImage = `linear-gradient(${direction}, var(--${side}) ${part}%, transparent ${part}%)`;
    return cell;
  };
  const empty = () => element('td');
  const ask = ([price, size, orders]) => [
    empty(),
    empty(),
    element('td', { class: 'price' }, price),
    bar(size, 'ask'),
    element('td', {}, orders === 0 ? '' : number(orders)),
  ];
  const bid = ([price, size, orders]) => [
    element('td', {}, orders === 0 ? '' : number(orders)),
    bar(size, 'bid'),
    element('td', { class: 'price' }, price),
    empty(),
    empty(),
  ];
  const rows = [
    ...asks
      .slice(0, LEVELS)
      .reverse()
      .map((level) => ['ask', level[0], ask(level)]),
    ...bids.slice(0, LEVELS).map((level) => ['bid', level[0], bid(level)]),
  ];
  byId('ladder').replaceChildren(
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Orders', 'Bid'].map((text) => element('th', {}, text)),
        element('th', { class: 'price' }, 'Price'),
        ...['Ask', 'Orders'].map((text) => element('th', {}, text)),
      ),
    ),
    element(
      'tbody',
      {},
      ...rows.map(([side, price, cells]) => element('tr', { 'data-side': side, 'data-price': price }, ...cells)),
    ),
  );
  const shown = byId('book-state');
  shown.textContent = stale
    ? 'stale: messages that it rests on are missing'
    : crossed
      ? 'crossed'
      : `${instrument} is whole`;
  shown.className = stale ? 'note bad' : crossed ? 'note warn' : 'note good';
}

function drawTrades() {
  table(
    'trades',
    ['Time', 'Price', 'Size', 'Aggressor'],
    [...trades].reverse().map(({ sequence, receiveTime, price, size, side, action }) => {
      const made = row([
        element('time', {}, time(receiveTime)),
        price ?? '–',
        size ?? '–',
        action === 'cancel' ? 'undone' : side === 'none' ? '' : side === 'bid' ? 'buyer' : 'seller',
      ]);
      made.dataset.sequence = String(sequence);
      return made;
    }),
  );
}

/** What happened, once each: the last ones are asked for, and those from then on are told. */
function addNotices(more) {
  const known = new Set(notices.map(({ sequence }) => sequence));
  notices = [...notices, ...more.filter(({ sequence }) => !known.has(sequence))]
    .sort((a, b) => a.sequence - b.sequence)
    .slice(-NOTICES);
  draw();
}

const trouble = (text) => {
  byId('trouble').textContent = text;
  byId('trouble').hidden = text === '';
};
const told = (error) => trouble(`${error.code ?? ''} ${error.message} ${error.hint ?? ''}`.trim());

function followVenue(name) {
  for (const subscription of following.splice(0)) subscription.close();
  venue = name;
  [state, race, notices] = [undefined, [], []];
  for (const tab of byId('venues').children) tab.setAttribute('aria-selected', String(tab.dataset.venue === name));
  following = [
    client.watchNotices({ venue }, addNotices),
    client.watchState({ venue }, (now) => {
      const isNew = now.instruments !== state?.instruments;
      state = now;
      race.push(now);
      const ms = (of) => Number(BigInt(of.time) / 1_000_000n);
      while (race.length > 1 && ms(now) - ms(race[0]) > RACE_MS) race.shift();
      if (isNew) void listInstruments();
      draw();
    }),
  ];
  client.notices(venue, NOTICES).then((last) => name === venue && addNotices(last), told);
  instrument = '';
  followInstrument('');
  void listInstruments();
}

async function listInstruments() {
  const of = venue;
  try {
    const page = await client.instruments(of, { limit: 1_000 });
    if (of !== venue) return;
    instruments = page.instruments.map(({ instrument: name }) => name);
    byId('instruments').replaceChildren(...instruments.map((name) => element('option', { value: name })));
    if (instrument === '' && instruments.length > 0) followInstrument(instruments[0]);
  } catch (error) {
    told(error);
  }
}

function followInstrument(name) {
  for (const subscription of followingBook.splice(0)) subscription.close();
  [book, trades, instrument] = [undefined, [], name];
  byId('ladder').replaceChildren();
  byId('trades').replaceChildren();
  if (document.activeElement !== byId('instrument')) byId('instrument').value = name;
  byId('book-state').textContent = '';
  if (name === '') return;
  const of = { venue, instrument: name };
  const add = (more) => {
    const known = new Set(trades.map(({ sequence }) => sequence));
    trades = [...trades, ...more.filter(({ sequence }) => !known.has(sequence))]
      .sort((a, b) => a.sequence - b.sequence)
      .slice(-TRADES);
    draw();
  };
  followingBook = [
    client.watchDepth({ ...of, levels: LEVELS, every: 100 }, (now) => {
      book = now;
      draw();
    }),
    client.watchTrades(of, add),
  ];
  client.trades(venue, name, TRADES).then((last) => name === instrument && add(last), told);
}

function move(by) {
  if (instruments.length === 0) return;
  const at = instruments.indexOf(instrument);
  followInstrument(instruments[(at + by + instruments.length) % instruments.length]);
}

function connection(event) {
  const shown = byId('connection');
  if (event.type === 'error') {
    if (event.error.code === 'VW_GATEWAY_TOKEN') askToken();
    else told(event.error);
    return;
  }
  const words = {
    connected: ['live', 'good'],
    disconnected: ['disconnected', 'bad'],
    slow: ['this page is slow', 'warn'],
    caughtUp: ['live', 'good'],
    closing: ['gateway closes', 'warn'],
  };
  const [text, kind] = words[event.type] ?? [];
  if (text === undefined) return;
  shown.textContent = text;
  shown.className = `badge ${kind}`;
}

async function begin(token) {
  client?.close();
  trouble('');
  client = new GatewayClient(location.origin, { ...(token ? { token } : {}), onConnection: connection });
  try {
    venues = (await client.venues()).map(({ venue: name }) => name);
  } catch (error) {
    if (error.code === 'VW_GATEWAY_TOKEN') askToken();
    else told(error);
    return;
  }
  byId('venues').replaceChildren(
    ...venues.map((name) => {
      const tab = element(
        'button',
        { type: 'button', role: 'tab', 'data-venue': name, 'aria-selected': 'false' },
        name,
      );
      tab.addEventListener('click', () => followVenue(name));
      return tab;
    }),
  );
  if (venues.length > 0) followVenue(venues[0]);
  else trouble('This gateway has no venue that you may see.');
}

function askToken() {
  const dialog = byId('token-dialog');
  if (!dialog.open) dialog.showModal();
}

function turnTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
}

byId('token-dialog').addEventListener('close', () => {
  const token = byId('token').value;
  byId('token').value = '';
  void begin(token);
});
byId('theme').addEventListener('click', turnTheme);
byId('help-button').addEventListener('click', () => byId('help').showModal());
byId('instrument').addEventListener('change', () => {
  const name = byId('instrument').value.trim();
  byId('instrument').blur();
  followInstrument(name);
});
byId('instrument').addEventListener('focus', () => byId('instrument').select());
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target === byId('instrument')) {
    if (event.key === 'Escape') byId('instrument').blur();
    return;
  }
  const keys = {
    '/': () => byId('instrument').focus(),
    j: () => move(1),
    k: () => move(-1),
    v: () => venues.length > 0 && followVenue(venues[(venues.indexOf(venue) + 1) % venues.length]),
    t: turnTheme,
    '?': () => byId('help').showModal(),
  };
  const act = keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
setInterval(draw, 1_000);
addEventListener('resize', draw);
void begin('');
