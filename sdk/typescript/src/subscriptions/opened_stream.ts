import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Connection } from "../calls/connection.js";
import { lostConnection, readFailure } from "../calls/failures.js";
import {
  SyncService,
  type SubscribeRequestSchema,
  type SubscribeResponse,
} from "../gen/vibe/sync/v1/sync_service_pb.js";
import type { AccessToken } from "../token.js";

const subscribe = SyncService.method.subscribe;

const longestTimerMs = 0x7fffffff;

/** One stream, read with patience. */
export class OpenedStream {
  readonly #connection: Connection;
  readonly #request: MessageInitShape<typeof SubscribeRequestSchema>;
  readonly #token: AccessToken;
  readonly #end = new AbortController();
  #messages: AsyncIterator<SubscribeResponse> | undefined;
  #arriving: Promise<void> | undefined;
  #arrived: { readonly message: SubscribeResponse } | { readonly failure: unknown } | undefined;
  #wake = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakesAt = Infinity;

  constructor(connection: Connection, request: MessageInitShape<typeof SubscribeRequestSchema>, token: AccessToken) {
    this.#connection = connection;
    this.#request = request;
    this.#token = token;
  }

  /**
   * Waits for the next message; one that comes after the patience ran out, or the wait was interrupted, is not lost.
   * @returns The message, or undefined, which may also come early.
   * @throws {VibeError} The stream broke, or ended.
   */
  async next(patienceMs: number): Promise<SubscribeResponse | undefined> {
    this.#arriving ??= this.#receive();
    if (this.#arrived === undefined) {
      this.#wakeWithin(Math.min(Math.max(patienceMs, 0), longestTimerMs));
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const arrived = this.#arrived;
    if (arrived === undefined) {
      return undefined;
    }
    if ("failure" in arrived) {
      throw arrived.failure;
    }
    this.#arrived = undefined;
    this.#arriving = undefined;
    return arrived.message;
  }

  /** Ends the present wait. */
  interrupt(): void {
    this.#wake();
  }

  close(): void {
    this.#end.abort();
    clearTimeout(this.#timer);
    this.#wake();
  }

  // Each message puts off the end of patience: a timer that ends early, once in a while, is cheaper than one for each.
  #wakeWithin(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#wakesAt <= at) {
      return;
    }
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => {
      this.#wakesAt = Infinity;
      this.#wake();
    }, milliseconds);
  }

  /** Opens it where its package is reached; an address that does not know it leads to another one, or is the end. */
  async #begin(): Promise<IteratorResult<SubscribeResponse>> {
    const { endpoints } = this.#connection;
    const { signal } = this.#end;
    for (;;) {
      const address = endpoints.of(subscribe);
      try {
        this.#messages = await this.#connection.stream(address, subscribe, this.#request, this.#token, signal);
        return await this.#messages.next();
      } catch (error) {
        const failure = readFailure(error, true);
        if (signal.aborted || !(await endpoints.hasMoved(subscribe, address, failure, signal))) {
          throw failure;
        }
      }
    }
  }

  async #receive(): Promise<void> {
    try {
      const result = await (this.#messages?.next() ?? this.#begin());
      this.#arrived = result.done
        ? { failure: lostConnection("The stream ended without saying why.") }
        : { message: result.value };
    } catch (error) {
      this.#arrived = { failure: readFailure(error, true) };
    }
    this.#wake();
  }
}
