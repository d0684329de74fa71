// What stands between an operator and its API server, and can be cut: connections end at once, or say nothing any more.
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Cuttable {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #refusing = false;
  connections = 0;

  async start(port: number): Promise<number> {
    const server = createServer((client) => {
      if (this.#refusing) return void client.destroy();
      this.connections++;
      const upstream = connect(port, '127.0.0.1');
      const pair = [client, upstream] as const;
      this.#pairs.add(pair);
      const end = (): void => {
        client.destroy();
        upstream.destroy();
        this.#pairs.delete(pair);
      };
      for (const socket of pair) socket.on('error', end).on('close', end);
      client.pipe(upstream);
      upstream.pipe(client);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }

  /** Every connection is reset, and none is taken until `mend`. */
  cut(): void {
    this.#refusing = true;
    for (const [client, upstream] of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }
  mend(): void {
    this.#refusing = false;
  }

  async stop(): Promise<void> {
    this.cut();
    const server = this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }
}
