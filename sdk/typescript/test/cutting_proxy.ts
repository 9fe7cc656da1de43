import { createServer, connect, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Stands between a client and a server, and can cut what passes through it. */
export class CuttingProxy {
  readonly #server = createServer((socket) => this.#pass(socket));
  readonly #sockets = new Set<Socket>();
  readonly #target: URL;
  #refuses = false;
  connections = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  refuse(isRefusing: boolean): void {
    this.#refuses = isRefusing;
  }

  cut(): void {
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #pass(inner: Socket): void {
    if (this.#refuses) {
      inner.resetAndDestroy();
      return;
    }
    this.connections++;
    const outer = connect(Number(this.#target.port), this.#target.hostname);
    for (const socket of [inner, outer]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    inner.pipe(outer).pipe(inner);
  }
}
