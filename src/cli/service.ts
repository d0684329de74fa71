/** `venuewire service`: the services of the registry: what there is, whether it is sound, and one of them at work. */
import { Argument, type Command } from 'commander';
import { PORTS } from '../services/ports.js';
import { findService, isHealthy, runService, type ServiceState, serveHealth } from '../services/run.js';
import { SERVICES } from '../services/services.js';
import { isFree, registryFaults, serviceNeeds } from '../services/validate.js';
import { sinkBalances } from '../sinks/index.js';
import { readYaml } from '../venues/yaml.js';
import { oneOf, wholeNumber } from './choose.js';
import { FINDINGS, OK, usage } from './exit.js';
import { Output, table } from './output.js';
import { say } from './terminal.js';

const LOOK_MS = 1_000;
type Action = 'list' | 'validate' | 'run';

interface ServiceCommand {
  readonly format: 'table' | 'ndjson';
  readonly host: string;
  readonly venue?: string;
  readonly sink?: string;
  readonly health?: number;
  readonly seconds?: number;
  readonly free?: boolean;
}

async function list({ format }: ServiceCommand): Promise<void> {
  const out = new Output();
  const all = SERVICES.map((service) => {
    const needs = serviceNeeds(service, PORTS, SERVICES);
    const port = PORTS.find(({ name }) => name === service.port);
    const from = service.role === 'subscriber' ? service.from.map((one) => one.port) : [];
    return {
      ...{ name: service.name, role: service.role, port: port?.port ?? null, from },
      ...{ state: needs.length === 0 ? 'ready' : needs.join('; '), says: service.says },
    };
  });
  if (format === 'ndjson') for (const one of all) out.line(JSON.stringify(one));
  else {
    const columns = ['service', 'role', 'port', 'reads', 'state', 'what it does'].map((title) => ({ title }));
    out.line(
      table(
        columns,
        all.map((s) => [s.name, s.role, s.port ?? '', s.from.join(' '), s.state, s.says]),
      ),
    );
  }
  await out.flush();
}

async function validate({ free, host }: ServiceCommand): Promise<void> {
  const faults = registryFaults(PORTS, SERVICES);
  if (free) {
    for (const { port, name } of PORTS)
      if (!(await isFree(port, host))) faults.push(`port '${name}': ${port} of ${host} is taken`);
  }
  for (const fault of faults) say(fault);
  const ready = SERVICES.filter((service) => serviceNeeds(service, PORTS, SERVICES).length === 0).length;
  const out = new Output();
  out.line(JSON.stringify({ ports: PORTS.length, services: SERVICES.length, ready, faults: faults.length }));
  await out.flush();
  process.exitCode = faults.length === 0 ? OK : FINDINGS;
}

/** A line of JSON for machines, on standard error. */
const log = (level: 'info' | 'warn', service: string, event: string, more: object = {}): void =>
  say(JSON.stringify({ time: new Date().toISOString(), level, service, event, ...more }));

async function run(name: string, options: ServiceCommand): Promise<void> {
  const { host, venue, health, seconds } = options;
  findService(name);
  const sink = options.sink === undefined ? {} : (readYaml(options.sink, '--sink').data as object);
  const service = await runService(name, { host, sink, ...(venue === undefined ? {} : { venue }) });
  const server = health === undefined ? undefined : await serveHealth(service, health, host);
  const stop = (why: string) => (): void => {
    log('info', name, 'stopping', { why });
    service.close().catch(() => {});
  };
  const [interrupted, terminated] = [stop('SIGINT'), stop('SIGTERM')];
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', terminated);
  const timer = seconds === undefined ? undefined : setTimeout(stop('--seconds'), seconds * 1000);
  log('info', name, 'started', { host, ...(health === undefined ? {} : { health }) });
  let failing = '';
  const look = setInterval(() => {
    const { sink: lane } = service.state();
    if (lane.failing !== failing) log(lane.failing === '' ? 'info' : 'warn', name, 'sink', { failing: lane.failing });
    failing = lane.failing;
  }, LOOK_MS);
  try {
    const state = await service.done;
    log(isHealthy(state) ? 'info' : 'warn', name, 'stopped', { ...state.sink.ledger, lost: state.lost });
    const out = new Output();
    out.line(JSON.stringify({ service: name, delivery: state.sink.delivery, ...state.sink.ledger, lost: state.lost }));
    await out.flush();
    process.exitCode = isWhole(state) ? OK : FINDINGS;
  } finally {
    clearInterval(look);
    clearTimeout(timer);
    server?.close();
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', terminated);
  }
}

const isWhole = ({ sink: { ledger, forgot }, lost }: ServiceState): boolean =>
  sinkBalances(ledger) && ledger.pending + ledger.refused + ledger.dropped + forgot + lost === 0;

async function service(action: Action, name: string | undefined, options: ServiceCommand): Promise<void> {
  if (action !== 'run') return action === 'list' ? list(options) : validate(options);
  if (name === undefined) throw usage('no service is named', 'Name one of: venuewire service list.');
  return run(name, options);
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<action>', 'what is to be done').choices(['list', 'validate', 'run']))
    .argument('[name]', 'the service to run')
    .addOption(oneOf('--format <name>', 'how the list is printed', ['table', 'ndjson'], 'table'))
    .option('--host <address>', 'address that is bound and connected to', '127.0.0.1')
    .option('--venue <file>', 'run: the venue file whose feed a publisher publishes')
    .option('--sink <yaml>', "run: settings of the sink, as in a pipeline: '{ server: 127.0.0.1:6379, ttl: 60min }'")
    .option(
      '--health <port>',
      'run: GET /health at this port: 200 or 503, and the state as JSON',
      wholeNumber('--health', 1, 65_535),
    )
    .option('--seconds <n>', 'run: end after so many seconds', wholeNumber('--seconds', 1, 1e6))
    .option('--free', 'validate: also whether nobody has bound the ports')
    .addHelpText(
      'after',
      `
A service that cannot run as it was asked for says what it needs ('needs sink typedb'). 'run' logs lines of JSON on standard error,
ends on SIGINT and SIGTERM when what it has accepted is written, and prints its ledger.

Examples:
  venuewire service list
  venuewire service validate --free
  venuewire service run example --venue day.yaml --health 8080
  venuewire service run redis_kraken_tick --sink "{ server: 127.0.0.1:6379, ttl: 60min }"
`,
    )
    .action(service);
}
