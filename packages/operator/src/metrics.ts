/** What monitoring reads of the operator itself. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class OperatorMetrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];
  readonly reconciles = new Counter({
    name: 'venuewire_operator_reconciles_total',
    help: 'resources reconciled, by what came of it: ok, failed',
    labelNames: ['kind', 'outcome'],
    registers: this.#registers,
  });
  readonly seconds = new Histogram({
    name: 'venuewire_operator_reconcile_seconds',
    help: 'from the begin to the end of reconciling one resource',
    labelNames: ['kind'],
    buckets: SECONDS,
    registers: this.#registers,
  });
  readonly requests = new Counter({
    name: 'venuewire_operator_api_requests_total',
    help: 'requests to the API server by method and answer; watches count when they are opened',
    labelNames: ['method', 'code'],
    registers: this.#registers,
  });
  readonly lists = new Counter({
    name: 'venuewire_operator_lists_total',
    help: 'times all objects of a kind were listed',
    labelNames: ['resource'],
    registers: this.#registers,
  });
  readonly watches = new Counter({
    name: 'venuewire_operator_watches_total',
    help: 'times a watch was opened',
    labelNames: ['resource'],
    registers: this.#registers,
  });
  readonly applied = new Counter({
    name: 'venuewire_operator_applied_total',
    help: 'objects applied',
    labelNames: ['kind'],
    registers: this.#registers,
  });
  readonly waiting = new Gauge({
    name: 'venuewire_operator_waiting',
    help: 'resources that wait to be reconciled',
    registers: this.#registers,
  });
  readonly leading = new Gauge({
    name: 'venuewire_operator_leading',
    help: '1 while this process has the lease',
    registers: this.#registers,
  });
}
