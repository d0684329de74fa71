/** Requests of sinks whose other side speaks HTTP: one connection that is kept, and errors that say what was answered. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { referenced } from '../patterns/credentials.js';
import { splitEndpoint } from '../patterns/units.js';
import { tlsOptions } from './tls.js';

interface HttpServer {
  readonly server: string;
  readonly tls?: Parameters<typeof tlsOptions>[0] | undefined;
}

type Body = string | Uint8Array | readonly Uint8Array[];

/** What a server answered that does not do what was asked. */
export class HttpFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    super(`HTTP ${status}: ${body.trim().split('\n')[0]?.slice(0, BODY_TOLD) ?? ''}`);
  }
}
const BODY_TOLD = 500;
const BODY_MOST = 16 << 20;
/** A server that says nothing for so long is taken for gone. */
const SILENT_MS = 60_000;

export class HttpClient {
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #host: string;
  readonly #port: number;
  readonly #isTls: boolean;
  constructor(
    { server, tls }: HttpServer,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    const { host, port } = splitEndpoint(server);
    this.#host = host;
    this.#port = port;
    this.#isTls = tls !== undefined;
    const kept = { keepAlive: true, maxSockets: 1 };
    this.#agent = tls === undefined ? new HttpAgent(kept) : new HttpsAgent({ ...kept, ...tlsOptions(tls, host) });
  }

  /** @throws HttpFailure for any status but 2xx. */
  get(path: string): Promise<string> {
    return this.#ask('GET', path, []);
  }

  /** @throws HttpFailure for any status but 2xx. */
  post(path: string, body: Body): Promise<string> {
    return this.#ask('POST', path, body);
  }

  /**
   * A server ends a connection that has been idle, and a request may be on its way at that moment: it is asked once more, on
   * another connection. What is posted here is the same when it arrives twice.
   */
  async #ask(method: string, path: string, body: Body): Promise<string> {
    for (;;) {
      let wasKept = false;
      try {
        return await this.#request(method, path, body, (is) => {
          wasKept = is;
        });
      } catch (error) {
        if (!wasKept || !GONE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
        this.#agent.destroy();
      }
    }
  }

  #request(method: string, path: string, body: Body, kept: (is: boolean) => void): Promise<string> {
    const parts = typeof body === 'string' ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const target = { host: this.#host, port: this.#port, path, method, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const request = (this.#isTls ? httpsRequest : httpRequest)(
        { ...target, headers: { ...this.headers, 'content-length': length } },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > BODY_MOST) request.destroy(new Error(`the answer is longer than ${BODY_MOST} bytes`));
            else chunks.push(chunk);
          });
          response.once('error', reject);
          response.once('end', () => {
            const text = Buffer.concat(chunks).toString();
            const { statusCode = 0, headers } = response;
            if (statusCode >= OK && statusCode < REDIRECT) resolve(text);
            else reject(new HttpFailure(statusCode, text, headers));
          });
        },
      );
      request.setTimeout(SILENT_MS, () => request.destroy(new Error(`nothing came for ${SILENT_MS / 1000} s`)));
      request.once('error', (error) => {
        kept(request.reusedSocket);
        reject(error);
      });
      for (const part of parts) request.write(part);
      request.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
const GONE = ['ECONNRESET', 'EPIPE'];
const OK = 200;
const REDIRECT = 300;

/** User and password as HTTP Basic has them. */
export const basicLogin = (username: string | undefined, password: string | undefined): Record<string, string> =>
  username === undefined
    ? {}
    : {
        authorization: `Basic ${Buffer.from(
          `${referenced(username, 'username')}:${password === undefined ? '' : referenced(password, 'password')}`,
        ).toString('base64')}`,
      };
