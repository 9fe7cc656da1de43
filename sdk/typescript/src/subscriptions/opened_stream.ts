import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Connection } from "../calls/connection.js";
import { lostConnection, readFailure } from "../calls/failures.js";
import {
  SyncService,
  type SubscribeRequestSchema,
  type SubscribeResponse,
} from "../gen/vibe/sync/v1/sync_service_pb.js";
import type { AccessToken } from "../token.js";

const longestTimerMs = 0x7fffffff;

/** One stream, read with patience. */
export class OpenedStream {
  readonly #messages: AsyncGenerator<SubscribeResponse, void, void>;
  readonly #end = new AbortController();
  #arriving: Promise<void> | undefined;
  #arrived: { readonly message: SubscribeResponse } | { readonly failure: unknown } | undefined;
  #wake = () => {};

  constructor(connection: Connection, request: MessageInitShape<typeof SubscribeRequestSchema>, token: AccessToken) {
    this.#messages = connection.stream(SyncService.method.subscribe, request, token, this.#end.signal);
  }

  /**
   * Waits for the next message; one that comes after the patience ran out, or the wait was interrupted, is not lost.
   * @returns The message, or undefined.
   * @throws {VibeError} The stream broke, or ended.
   */
  async next(patienceMs: number): Promise<SubscribeResponse | undefined> {
    this.#arriving ??= this.#receive();
    if (this.#arrived === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(Math.max(patienceMs, 0), longestTimerMs));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
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
    this.#wake();
  }

  async #receive(): Promise<void> {
    try {
      const result = await this.#messages.next();
      this.#arrived = result.done
        ? { failure: lostConnection("The stream ended without saying why.") }
        : { message: result.value };
    } catch (error) {
      this.#arrived = { failure: readFailure(error, true) };
    }
    this.#wake();
  }
}
