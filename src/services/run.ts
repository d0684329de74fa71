/** One service at work: a publisher of a venue's feed, or a subscriber with its sink. */
import { createServer, type Server } from 'node:http';
import { VenuewireError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import { type PipelineInput, type PipelineSink, pipelineSchema } from '../patterns/pipeline.js';
import type { Venue } from '../patterns/venue.js';
import { type LaneStatistics, runPipelines } from '../sinks/index.js';
import { type RelayRun, runRelay } from '../sinks/relay.js';
import { loadVenue } from '../venues/load.js';
import { PORTS, type PortEntry } from './ports.js';
import { type PublisherEntry, SERVICES, type ServiceEntry, type SubscriberEntry } from './services.js';
import { subscriberNeeds } from './validate.js';

/** Replay ports lie so far above the ports of publishers. */
export const REPLAY_ABOVE = 100;
const PIPELINE = 'service';

export interface ServiceOptions {
  /** Address that is bound and connected to. Default 127.0.0.1. */
  readonly host?: string;
  /** A publisher's venue, or its file. */
  readonly venue?: string | Venue;
  /** Settings of the sink, beside its type. */
  readonly sink?: object;
  readonly queue?: PipelineInput['queue'];
  /** Another registry. */
  readonly ports?: readonly PortEntry[];
  readonly services?: readonly ServiceEntry[];
}

export interface ServiceState {
  readonly service: string;
  readonly sink: LaneStatistics;
  /** Of a subscriber: rows that publishers had, and that are lost for good. */
  readonly lost: number;
}

/** A service at work. `done` ends when its feed does, or by `close`. */
export interface ServiceRun {
  readonly done: Promise<ServiceState>;
  state(): ServiceState;
  close(): Promise<ServiceState>;
}

const option = (text: string, remedy: string): VenuewireError => new VenuewireError('VW_SERVICE', text, remedy);

export function findService(name: string, services: readonly ServiceEntry[] = SERVICES): ServiceEntry {
  const found = services.find((service) => service.name === name);
  if (found !== undefined) return found;
  const names = services.map((service) => service.name);
  const near = nearestNames(name, names);
  throw option(
    `there is no service '${name}'`,
    `${near.length > 0 ? `Did you mean ${near.join(', ')}? ` : ''}See venuewire service list.`,
  );
}

/** A service's settings as a pipeline has them, checked. */
function checked(name: string, pipeline: object): { sink: PipelineSink; queue: ReturnType<typeof parse>['queue'] } {
  const parsed = pipelineSchema.safeParse(pipeline);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw option(
    `service '${name}': ${issue?.path.join('.')}: ${issue?.message}`,
    'Give what the sink needs: --sink "{ server: 127.0.0.1:5432, database: ticks }"; docs/sinks.md.',
  );
}
const parse = (pipeline: PipelineInput) => pipelineSchema.parse(pipeline);

/** @throws VenuewireError `VW_SERVICE` when there is no such service, or something of what it needs is not there. */
export async function runService(name: string, options: ServiceOptions = {}): Promise<ServiceRun> {
  const { ports = PORTS, services = SERVICES } = options;
  const service = findService(name, services);
  return service.role === 'publisher' ? runPublisher(service, ports, options) : runSubscriber(service, ports, options);
}

const portOf = (name: string, ports: readonly PortEntry[]): PortEntry => {
  const found = ports.find((port) => port.name === name);
  if (found === undefined) throw option(`there is no port '${name}'`, 'See venuewire service validate.');
  return found;
};
const bound = ({ port }: PortEntry, host: string) => ({
  bind: `tcp://${host}:${port}`,
  replay: `tcp://${host}:${port + REPLAY_ABOVE}`,
});

async function runPublisher(
  { name, port, venue: venueId, pipeline, topicBy }: PublisherEntry,
  ports: readonly PortEntry[],
  { host = '127.0.0.1', venue: file, sink, queue }: ServiceOptions,
): Promise<ServiceRun> {
  if (file === undefined) {
    throw option(
      `service '${name}' publishes the feed of ${venueId}, and no venue file is given`,
      `Give one: venuewire service run ${name} --venue FILE. A file for ${venueId} has its lines and credentials; any other venue's can stand in.`,
    );
  }
  const venue = typeof file === 'string' ? await loadVenue(file) : file;
  const declared = {
    ...pipeline,
    queue,
    sink: { type: 'zeromq', ...bound(portOf(port, ports), host), topicBy, ...sink },
  };
  checked(name, declared);
  const run = await runPipelines({ ...venue, pipelines: { [PIPELINE]: parse(declared as PipelineInput) } });
  const state = (): ServiceState => ({
    ...{ service: name, lost: 0 },
    sink: run.statistics()[PIPELINE] as LaneStatistics,
  });
  return { state, done: run.done.then(state), close: () => run.close().then(state) };
}

async function runSubscriber(
  service: SubscriberEntry,
  ports: readonly PortEntry[],
  { host = '127.0.0.1', sink, queue }: ServiceOptions,
): Promise<ServiceRun> {
  const { name, from, port, sink: type } = service;
  // Whoever publishes on a port is heard, ours or not.
  const needs = subscriberNeeds(service);
  if (needs.length > 0)
    throw option(`service '${name}' cannot run: ${needs.join('; ')}`, 'See venuewire service list.');
  const own = port === undefined ? {} : bound(portOf(port, ports), host);
  const pipeline = checked(name, { shape: { type: 'events' }, sink: { type, ...own, ...sink }, queue });
  const run: RelayRun = await runRelay({
    ...{ name, sink: pipeline.sink, queue: pipeline.queue },
    sources: from.map(({ port: source, topics }) => {
      const at = portOf(source, ports);
      const { bind: connect, replay } = bound(at, host);
      return { connect, replay, topics: topics ?? at.topics };
    }),
  });
  const state = (): ServiceState => {
    const { sink: lane, sources } = run.statistics();
    return { service: name, sink: lane, lost: sources.reduce((sum, { lost }) => sum + lost, 0) };
  };
  return { state, done: run.done.then(state), close: () => run.close().then(state) };
}

/** Whether a service does its work: its sink takes rows, and nothing has been lost or forgotten. */
export const isHealthy = ({ sink, lost }: ServiceState): boolean =>
  sink.failing === '' && sink.forgot === 0 && lost === 0;

/** `GET /health`: 200 or 503, and the state as JSON. */
export async function serveHealth(run: Pick<ServiceRun, 'state'>, port: number, host = '127.0.0.1'): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/health') {
      response.writeHead(404).end();
      return;
    }
    const state = run.state();
    response.writeHead(isHealthy(state) ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ healthy: isHealthy(state), ...state })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return server;
}
