import type { DescMessage, DescMethodServerStreaming, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { describePlatform, openTransport, userAgentHeader } from "#transport";
import type { VibeClientOptions } from "../client.js";
import { Hooks } from "../hooks.js";
import { resolveRetry, type Retry } from "../retry_policy.js";
import type { AccessToken } from "../token.js";
import { version } from "../version.js";
import { SharedStreams } from "../subscriptions/shared_streams.js";
import { ServerService, type GetServerResponse } from "../gen/vibe/identity/v1/server_service_pb.js";
import { Call, type Plan } from "./call.js";
import { Endpoints, patienceMs } from "./endpoints.js";
import { readFailure } from "./failures.js";
import { clientIsClosed } from "./mistakes.js";
import type { OpenTransport } from "./open_transport.js";
import { SpaceLedgers } from "./space_ledgers.js";
import { bearer, TokenCache } from "./token_cache.js";

const getServer = ServerService.method.getServer;

const closingPatienceMs = 5_000;

// Far beyond what a server takes, and within what timers can hold.
const longestTimeoutMs = 86_400_000;

/** Everything that what one client names shares: transports, token, ledgers, streams, and the loop around calls. */
export class Connection {
  readonly tokens: TokenCache;
  readonly spaces = new SpaceLedgers();
  readonly hooks: Hooks;
  readonly retry: Retry;
  readonly timeoutMs: number;
  readonly endpoints: Endpoints;
  readonly streams: SharedStreams;

  readonly #given: Transport | undefined;
  readonly #open = new Map<string, OpenTransport>();
  readonly #closing = new AbortController();
  readonly #userAgent: string;
  readonly #underWay = new Set<{ close(): void }>();
  #onIdle = () => {};
  #end: Promise<void> | undefined;

  constructor(address: string | URL, options: VibeClientOptions) {
    const url = new URL(address);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new TypeError("The address of a server begins with http: or https:.");
    }
    this.tokens = new TokenCache(options.token);
    this.hooks = new Hooks(options.logger, options.onCall);
    this.retry = resolveRetry(options.retry);
    this.timeoutMs = checkTimeout(options.timeoutMs ?? 30_000);
    this.#userAgent = describe(options.application);
    this.#given = options.transport;
    this.endpoints = new Endpoints(url, this.#given === undefined ? () => this.#askServer() : undefined, (error) =>
      this.hooks.debug(
        `The server did not say where it is reached: ${readFailure(error, true).code}. The given address stays.`,
      ),
    );
    this.streams = new SharedStreams(this);
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  throwIfClosed(): void {
    if (this.isClosed) {
      throw clientIsClosed();
    }
  }

  /** Makes a call: attempts, delays and token renewal within one deadline. */
  async call<I extends DescMessage, O extends DescMessage>(plan: Plan<I, O>): Promise<MessageShape<O>> {
    const timeoutMs = checkTimeout(plan.timeoutMs ?? this.timeoutMs);
    plan.signal?.throwIfAborted();
    this.throwIfClosed();
    const call = new Call(this, plan, timeoutMs);
    this.#underWay.add(call);
    try {
      return await call.run();
    } finally {
      this.#underWay.delete(call);
      if (this.#underWay.size === 0) {
        this.#onIdle();
      }
    }
  }

  /** The way to an address; the first call opens the connection. */
  transportTo(address: string): Transport {
    if (this.#given !== undefined) {
      return this.#given;
    }
    let open = this.#open.get(address);
    if (open === undefined) {
      open = openTransport(new URL(address));
      this.#open.set(address, open);
    }
    return open.transport;
  }

  /** Opens a stream, once. What comes is given as the transport gives it: a generator around it would cost as much. */
  async stream<I extends DescMessage, O extends DescMessage>(
    address: string,
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    token: AccessToken,
    signal: AbortSignal,
  ): Promise<AsyncIterator<MessageShape<O>>> {
    const headers = this.headers(token);
    const opening = this.transportTo(address).stream(method, signal, undefined, headers, only(request));
    this.endpoints.askBeside();
    const response = await opening;
    return response.message[Symbol.asyncIterator]();
  }

  headers(token: AccessToken | undefined): Headers {
    const headers = new Headers({ [userAgentHeader]: this.#userAgent });
    if (token !== undefined) {
      headers.set("authorization", bearer(token));
    }
    return headers;
  }

  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  // Deferred by one step, so that what ends by it already finds the client closed.
  async #close(): Promise<void> {
    await Promise.resolve();
    this.streams.close();
    this.#closing.abort();
    if (this.#underWay.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, closingPatienceMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const call of this.#underWay) {
      call.close();
    }
    for (const open of this.#open.values()) {
      open.close();
    }
  }

  async #askServer(): Promise<GetServerResponse> {
    const transport = this.transportTo(this.endpoints.given);
    const { signal } = this.#closing;
    const response = await transport.unary(getServer, signal, patienceMs, this.headers(undefined), {});
    return response.message;
  }
}

async function* only<T>(item: T): AsyncGenerator<T, void, void> {
  yield item;
}

function checkTimeout(milliseconds: number): number {
  if (!(milliseconds > 0)) {
    throw new RangeError("A timeout is longer than nothing.");
  }
  return Math.min(milliseconds, longestTimeoutMs);
}

function describe(application = ""): string {
  if (!/^[\x20-\x7e]*$/.test(application)) {
    throw new TypeError("The name of the application has letters, digits and signs of ASCII alone.");
  }
  return `vibe-typescript/${version} (${describePlatform()}) ${application}`.trimEnd();
}
