// What a receiver in JavaScript says: that it is ready, and at SIGUSR2 what came since it said so last, in JSON. It ends with
// SIGTERM.
import { build } from 'hdr-histogram-js';

const TIMES = 2n ** 48n; // a timestamp has six bytes

export class Reporter {
  #histogram = build({ highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
  #cpu = process.cpuUsage();
  /** @param counted what is to be said; counts from zero again. */
  constructor(counted) {
    process.on('SIGUSR2', () => {
      const { user, system } = process.cpuUsage(this.#cpu);
      const at = (part) => this.#histogram.getValueAtPercentile(part);
      const delays = { p50: at(50), p99: at(99), p999: at(99.9), most: this.#histogram.maxValue };
      console.log(JSON.stringify({ ...counted(), cpuSeconds: (user + system) / 1e6, delays }));
      this.#histogram.reset();
      this.#cpu = process.cpuUsage();
    });
    process.on('SIGTERM', () => process.exit(0));
  }
  ready(more = {}) {
    this.#cpu = process.cpuUsage();
    console.log(JSON.stringify({ ready: true, ...more }));
  }
  /** A packet that was sent at that time. */
  delay(sent) {
    const now = Number(process.hrtime.bigint() % TIMES);
    this.#histogram.recordValue(Math.max(0, now - sent));
  }
}
