// Recovery: from seeing a hole to closing it, and how fast much of it comes back.
export function run({ quick, runs, table, median, node }) {
  const list = Array.from(
    { length: quick ? 1 : Math.min(runs, 3) },
    () => node('recovery/latency.mjs', quick ? 2000 : 20_000)[0],
  );
  const us = (key) => (median(list.map((r) => r[key])) / 1000).toFixed(0);
  table(
    'Hole seen → request at the server → hole closed, live on loopback (µs)',
    ['', 'p50', 'p99'],
    [
      ['request at the server', us('request50'), us('request99')],
      ['hole closed, told to JavaScript', us('closed50'), us('closed99')],
    ],
  );
  const rows = ['replay', 'rerequest'].map((means) => {
    const rates = Array.from(
      { length: quick ? 1 : Math.min(runs, 3) },
      () => node('recovery/throughput.mjs', means, quick ? 5000 : 300_000)[0],
    );
    return [
      means === 'replay' ? 'SoupBinTCP replay' : 'MoldUDP64 re-request',
      Math.round(median(rates.map((r) => r.perSecond))),
      rates[0].ledger.abandoned,
    ];
  });
  table('A missed morning recovered', ['by', 'messages/s', 'abandoned'], rows);
}
