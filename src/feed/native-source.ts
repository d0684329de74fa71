/** What the core is told to read: a capture, or the venue's live lines. */
import { isIP } from 'node:net';
import { VenuewireError } from '../errors.js';
import { ANY_THREAD, type NativeSource, type NativeThread } from '../native.js';
import { captureBytes } from './capture-source.js';
import type { CompiledVenue } from './compile.js';
import type { ExternalConnections } from './external.js';
import type { CaptureSource, FeedOptions } from './feed.js';

const RECEIVE_BUFFER_BYTES = 8 << 20;

/** @throws VenuewireError `VW_CAPTURE_LINE`, `VW_CAPTURE_OPEN` */
export function nativeSource(
  compiled: CompiledVenue,
  options: FeedOptions,
  external?: ExternalConnections,
): NativeSource {
  const thread: NativeThread = {
    cpu: options.cpu ?? ANY_THREAD.cpu,
    numaNode: options.numaNode ?? ANY_THREAD.numaNode,
    realtimePriority: options.realtimePriority ?? ANY_THREAD.realtimePriority,
  };
  if (options.capture !== undefined) {
    const { file, name, speed } = options.capture;
    const routes = captureRoutes(options.capture, compiled);
    return {
      kind: 'capture',
      ...captureBytes(file),
      ...(name === undefined ? {} : { name }),
      routes,
      speed: speed ?? 0,
      packets: false,
      ...thread,
    };
  }
  return {
    kind: 'live',
    receiveBufferBytes: options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
    busyPollUs: options.busyPollUs ?? 0,
    preferBusyPoll: options.preferBusyPoll ?? false,
    stamps: options.stamps ?? false,
    spin: options.spin ?? false,
    receive: options.receive ?? '',
    ...(external === undefined ? {} : { external: external.native }),
    ...thread,
  };
}

function captureRoutes(capture: CaptureSource, compiled: CompiledVenue) {
  const parse = (text: string, line: number) => {
    const match = /^(\*|[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::(\*|\d+))?$/.exec(text);
    const ip = match?.[1]?.replace(/^\[|\]$/g, '') ?? '';
    if (!match || !(ip === '*' || isIP(ip))) {
      throw new VenuewireError(
        'VW_CAPTURE_LINE',
        `'${text}' is not a destination`,
        "Write 'group:port', '[group]:port' for IPv6, '*:port' or '*', for example { A: '233.54.12.111:26477' }.",
      );
    }
    return { ip, port: match[2] && match[2] !== '*' ? Number(match[2]) : 0, line };
  };
  if (capture.lines) {
    return Object.entries(capture.lines).map(([name, text]) => {
      const line = compiled.lines.findIndex((l) => l.name === name);
      if (line < 0) {
        throw new VenuewireError(
          'VW_CAPTURE_LINE',
          `The venue has no line '${name}'`,
          `Its lines are ${compiled.lines.map((l) => l.name).join(', ')}.`,
        );
      }
      return parse(text, line);
    });
  }
  const own = compiled.lines.flatMap((l, i) => (l.address ? [parse(l.address, i)] : []));
  const [only] = compiled.lines;
  return compiled.lines.length === 1 && only?.network.type !== 'captureFile' ? [{ ip: '*', port: 0, line: 0 }] : own;
}
