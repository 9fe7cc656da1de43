import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { Connection } from "./calls/connection.js";
import { rawTransport } from "./calls/raw_transport.js";
import { me } from "./calls/space_ledgers.js";
import type { CallEvent, Logger } from "./hooks.js";
import { checkId } from "./names.js";
import type { RetryPolicy } from "./retry_policy.js";
import { Space } from "./space.js";
import type { TokenSource } from "./token.js";

/** What a client is told beside its address. */
export interface VibeClientOptions {
  /** Where access tokens come from. */
  readonly token: TokenSource;

  /**
   * How long a call may take as a whole, attempts, delays and token renewal together, in milliseconds; 30,000 unless
   * set. The server is told it too. Each verb takes its own. Subscriptions have none.
   */
  readonly timeoutMs?: number | undefined;

  /** How calls and subscriptions try again; false tries a call once, while subscriptions still reconnect. */
  readonly retry?: RetryPolicy | false | undefined;

  /** Name and version of the app, such as `notes/2.1`, told to the server in the user-agent; ASCII. */
  readonly application?: string | undefined;

  /** Where the client logs to, such as `console`; unless given, nowhere. */
  readonly logger?: Logger | undefined;

  /** Hears of each attempt of a call as it ends; for traces and metrics. What it throws is logged and dropped. */
  readonly onCall?: ((event: CallEvent) => void) | undefined;

  /**
   * A way to the server of the app's own, for certificates, proxies and sizes: gRPC or gRPC-web of Connect, whose base
   * is the same address. Closing it remains with the app. Everything goes by it, wherever else the server is reached.
   */
  readonly transport?: Transport | undefined;
}

/**
 * A connection to a Vibe server, as the person and app that its token stands for. Making one does no I/O; the first call
 * opens the connection. Make one per process, or page.
 *
 * Beside its first call, and every five minutes while there are calls, it asks the server without the token how it is
 * reached (`GetServer`). What the given address does not serve is then asked for, with the token, at the address that the
 * server names for it, by the same scheme; where the server does not name the given address, all stays there.
 */
export class VibeClient implements AsyncDisposable {
  /** The space of the person that the token stands for. */
  readonly me: Space;

  readonly #connection: Connection;

  /**
   * Makes a client.
   * @param address The server's address; in node it speaks HTTP/2, without TLS where it begins with `http:`.
   * @throws {TypeError} The address is none, or there is no token.
   * @throws {RangeError} A timeout or a retry policy is out of its bounds.
   */
  constructor(address: string | URL, options: VibeClientOptions) {
    this.#connection = new Connection(address, options);
    this.me = this.space(me);
  }

  /**
   * Names a person's space. Nothing is asked.
   * @throws {TypeError} The id is empty or holds a slash.
   */
  space(id: string): Space {
    return new Space(this.#connection, checkId(id));
  }

  /**
   * Opens a generated stub of `@vibespace/client/gen` on the same connection, with the client's token, deadline and
   * user-agent: `vibe.raw(GrantService)`. Calls through it are not retried, carry no idempotency key and no consistency
   * token, and throw `ConnectError`, which `VibeError.from` reads. A deadline or credentials of the call's own win.
   */
  raw<S extends DescService>(service: S): Client<S> {
    this.#connection.throwIfClosed();
    return createClient(service, rawTransport(this.#connection));
  }

  /**
   * Closes the client: new calls and subscriptions end with an `InvalidStateError`, and calls under way have five
   * seconds. Twice is fine.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Closes the client. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
