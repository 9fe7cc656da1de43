import type { Transport } from "@connectrpc/connect";

/** A way to the server, with an end. */
export interface OpenTransport {
  readonly transport: Transport;
  close(): void;
}
