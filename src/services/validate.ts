/** Whether the registry of ports and services is sound, and what each service still needs. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { SINK_TYPES } from '../patterns/pipeline.js';
import { findVenue } from '../venues/registry.js';
import type { PortEntry } from './ports.js';
import type { ServiceEntry, SubscriberEntry } from './services.js';

const FIRST_PORT = 1024;
const LAST_PORT = 65_535;
/** A port of a Kubernetes Service: letters, digits and -, one letter at least. */
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z][a-z0-9_]*$/;
const LOCAL_PORTS = '/proc/sys/net/ipv4/ip_local_port_range';

const repeated = (values: readonly (string | number)[]): (string | number)[] =>
  [...new Set(values)].filter((value) => values.filter((other) => other === value).length > 1);

/** The ports that the system gives to outgoing connections, which can be taken when a service wants to bind one. */
function localPorts(): readonly [number, number] | undefined {
  try {
    const [first, last] = readFileSync(LOCAL_PORTS, 'utf8').trim().split(/\s+/).map(Number);
    return first !== undefined && last !== undefined ? [first, last] : undefined;
  } catch {
    return undefined;
  }
}

/** A sentence for each fault; none: the registry is sound. */
export function registryFaults(
  ports: readonly PortEntry[],
  services: readonly ServiceEntry[],
  local: readonly [number, number] | undefined = localPorts(),
): string[] {
  const faults: string[] = [];
  for (const port of repeated(ports.map(({ port }) => port))) faults.push(`port ${port} is there twice`);
  for (const name of repeated(ports.map(({ name }) => name))) faults.push(`port '${name}' is there twice`);
  for (const name of repeated(services.map(({ name }) => name))) faults.push(`service '${name}' is there twice`);
  for (const { port, name, kind, topics } of ports) {
    if (!(Number.isInteger(port) && port >= FIRST_PORT && port <= LAST_PORT))
      faults.push(`port '${name}': ${port} is not from ${FIRST_PORT} to ${LAST_PORT}`);
    else if (local !== undefined && port >= local[0] && port <= local[1])
      faults.push(`port '${name}': ${port} is among those of outgoing connections, ${local[0]} to ${local[1]}`);
    if (!PORT_NAME.test(name)) faults.push(`port '${name}': a name has 15 of a-z, 0-9 and - at most, with a letter`);
    if (kind !== 'PUB' && kind !== 'SUB') faults.push(`port '${name}': its kind is PUB or SUB, not '${kind}'`);
    if (topics.length === 0 || topics.some((topic) => topic === '')) faults.push(`port '${name}': it names no topic`);
    for (const topic of repeated(topics)) faults.push(`port '${name}': topic '${topic}' is there twice`);
  }
  const byName = new Map(ports.map((port) => [port.name, port]));
  for (const service of services) faults.push(...serviceFaults(service, byName));
  return faults;
}

function serviceFaults(service: ServiceEntry, byName: ReadonlyMap<string, PortEntry>): string[] {
  const faults: string[] = [];
  const { name, role, port } = service;
  const fault = (text: string): void => void faults.push(`service '${name}': ${text}`);
  if (!SERVICE_NAME.test(name)) fault('a name has a-z, 0-9 and _');
  const own = port === undefined ? undefined : byName.get(port);
  if (port !== undefined && own === undefined) fault(`there is no port '${port}'`);
  const kind = role === 'publisher' ? 'PUB' : 'SUB';
  if (own !== undefined && own.kind !== kind) fault(`a ${role} cannot bind '${port}', which is of kind ${own.kind}`);
  if (own?.isForeign) fault(`'${port}' is bound by a program that is not ours`);
  if (role === 'subscriber') {
    if (service.from.length === 0) fault('it subscribes to nothing');
    for (const { port: source, topics = [] } of service.from) {
      const at = byName.get(source);
      if (at === undefined) fault(`there is no port '${source}'`);
      const strange = topics.find((topic) => at !== undefined && !at.topics.some((known) => topic.startsWith(known)));
      if (strange !== undefined) fault(`'${source}' does not publish topics '${strange}'`);
    }
  }
  return faults;
}

/** What a subscriber itself needs, whoever publishes on its ports. */
export function subscriberNeeds({ lacks, sink }: SubscriberEntry): string[] {
  const needs = lacks === undefined ? [] : [`needs ${lacks}`];
  return (SINK_TYPES as readonly string[]).includes(sink) ? needs : [...needs, `needs sink ${sink}`];
}

/** What keeps a service from running as it was asked for; empty: nothing. */
export function serviceNeeds(
  service: ServiceEntry,
  ports: readonly PortEntry[],
  services: readonly ServiceEntry[],
): string[] {
  if (service.role === 'publisher') {
    return findVenue(service.venue) === undefined ? [`needs venue ${service.venue}`] : [];
  }
  const needs = subscriberNeeds(service);
  for (const { port } of service.from) {
    if (ports.some(({ name, isForeign }) => name === port && isForeign)) {
      needs.push(`needs a publisher on '${port}' that is not ours`);
      continue;
    }
    const publishers = services.filter((other) => other.role === 'publisher' && other.port === port);
    const missing = publishers.map((other) => serviceNeeds(other, ports, services));
    if (missing.length > 0 && missing.every((list) => list.length > 0)) needs.push(...(missing[0] as string[]));
  }
  return [...new Set(needs)];
}

/** Whether nobody has bound a port of this address. */
export function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
