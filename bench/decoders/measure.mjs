/** Runs `pass` until the time is over, the first passes unmeasured; prints the rate and what the pass saw. */
export function measure(name, messages, pass, seconds) {
  let checksum = pass();
  const begun = performance.now();
  while (performance.now() - begun < 200 * seconds) checksum = pass();
  const rates = [];
  const start = performance.now();
  do {
    const t = performance.now();
    checksum = pass();
    rates.push(messages / ((performance.now() - t) / 1000));
  } while (performance.now() - start < 1000 * seconds);
  rates.sort((a, b) => a - b);
  console.log(
    JSON.stringify({ name, messages, perSecond: rates[Math.floor(rates.length / 2)], checksum: String(checksum) }),
  );
}
