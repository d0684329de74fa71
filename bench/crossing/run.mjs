// Cost of a batch by its size, and of the wake-up that announces it.
export function run({ quick, runs, table, median, node }) {
  const sizes = quick ? [1, 100] : [1, 10, 100, 1000, 10_000];
  const rows = sizes.map((size) => {
    const list = Array.from({ length: Math.min(runs, 3) }, () => node('crossing/batch.mjs', size).at(-1));
    const of = (key) => median(list.map((r) => r[key]));
    return [list[0].size, of('nsPerBatch').toFixed(0), of('nsPerMessage').toFixed(1), `±${of('margin')} %`];
  });
  table(
    'A batch read by handlers, five fields a message',
    ['messages in the batch', 'ns a batch', 'ns a message', 'spread'],
    rows,
  );
}
