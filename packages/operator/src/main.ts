#!/usr/bin/env node
/** The operator as a process: `venuewire-operator --help`. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { Api } from './api.js';
import { LeaderElection } from './lease.js';
import { jsonLog, type Level, messageOf } from './log.js';
import { OperatorMetrics } from './metrics.js';
import { Operator } from './operator.js';

const HELP = `venuewire-operator [options]

Runs the VenueConnections of a cluster: applies the objects that each needs, and writes how it is into its status. Where the cluster is,
and who we are, comes from KUBECONFIG, or from the service account of the pod.

  --namespace NAME          only there; default: every namespace
  --lease-namespace NAME    where the lease of the leader is; default: POD_NAMESPACE, or default
  --lease-name NAME         default: venuewire-operator
  --lease-seconds N         others wait so long for a leader that is silent; default: 15
  --listen PORT             /metrics, /healthz and /readyz; default: 8080
  --workers N               resources worked on at once; default: 4
  --poll-seconds N          handlers are asked how they are this often; default: 5
  --log LEVEL               debug, info, warn or error; default: info

Exit codes: 0 ended by SIGTERM, 1 the lease was lost (start it again), 2 wrong options, 3 no cluster.

  venuewire-operator --namespace markets
`;
const STUCK_MS = 120_000;
const OPTIONS = {
  namespace: { type: 'string' },
  'lease-namespace': { type: 'string', default: process.env.POD_NAMESPACE ?? 'default' },
  'lease-name': { type: 'string', default: 'venuewire-operator' },
  'lease-seconds': { type: 'string', default: '15' },
  listen: { type: 'string', default: '8080' },
  workers: { type: 'string', default: '4' },
  'poll-seconds': { type: 'string', default: '5' },
  log: { type: 'string', default: 'info' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

class UsageError extends Error {}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new UsageError(`--${name} ${text}: give a number from ${least} to ${most}`);
  return value;
}

function settings() {
  const { values } = parseArgs({ options: OPTIONS, strict: true });
  const level = values.log as Level;
  if (!['debug', 'info', 'warn', 'error'].includes(level))
    throw new UsageError(`--log ${level}: debug, info, warn or error`);
  return {
    ...values,
    level,
    leaseMs: numberOf('lease-seconds', values['lease-seconds'], 1, 3600) * 1000,
    port: numberOf('listen', values.listen, 0, 65535),
    workers: numberOf('workers', values.workers, 1, 64),
    pollMs: numberOf('poll-seconds', values['poll-seconds'], 0.1, 3600) * 1000,
  };
}

/** Probes and metrics: well while nothing hangs, ready when all is up. */
async function listen(port: number, metrics: OperatorMetrics, stuckMs: () => number): Promise<number> {
  const server = createServer(async (request, response) => {
    if (request.url === '/metrics')
      response.setHeader('content-type', metrics.registry.contentType).end(await metrics.registry.metrics());
    else if (request.url === '/healthz' || request.url === '/readyz') {
      const stuck = stuckMs();
      response.writeHead(stuck > STUCK_MS ? 503 : 200, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify({ stuckMs: Math.round(stuck) })}\n`);
    } else response.writeHead(404).end('GET /metrics, /healthz or /readyz\n');
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, resolve));
  server.unref();
  return (server.address() as { port: number }).port;
}

async function main(): Promise<number> {
  const given = settings();
  if (given.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const log = jsonLog(given.level);
  const metrics = new OperatorMetrics();
  const config = new KubeConfig();
  config.loadFromDefault();
  const identity = `${process.env.POD_NAME ?? hostname()}_${randomBytes(4).toString('hex')}`;
  const api = new Api(config, { metrics });
  const operator = new Operator({ ...given, api, metrics, log, identity });
  const port = await listen(given.port, metrics, () => operator.stuckMs);
  log('info', 'started', { identity, port });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const lease = new LeaderElection({
    ...{ api, log, identity, namespace: given['lease-namespace'], name: given['lease-name'] },
    ...{ durationMs: given.leaseMs, renewWithinMs: (given.leaseMs * 2) / 3, everyMs: (given.leaseMs * 2) / 15 },
  });
  await lease.acquire(stop.signal);
  if (stop.signal.aborted) return 0;
  metrics.leading.set(1);
  log('info', 'leading', { identity });
  const failed = operator.run(stop.signal).then(
    () => undefined,
    (cause) => `the operator failed: ${messageOf(cause)}`,
  );
  const why = await Promise.race([lease.keep(stop.signal), failed]);
  if (why === undefined) {
    await failed;
    await lease.release();
    log('info', 'ended');
    return 0;
  }
  // Another one may begin any moment: nothing of ours may still be on its way.
  log('error', 'stopped', { why });
  return 1;
}

main().then(
  (code) => process.exit(code),
  (cause) => {
    const isUsage =
      cause instanceof UsageError || String((cause as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
    process.stderr.write(
      `venuewire-operator: ${messageOf(cause)}\n${isUsage ? '  See venuewire-operator --help\n' : ''}`,
    );
    process.exit(isUsage ? 2 : 3);
  },
);
