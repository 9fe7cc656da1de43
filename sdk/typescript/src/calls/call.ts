import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { VibeError } from "../errors.js";
import { delayAfter } from "../retry_policy.js";
import type { AccessToken } from "../token.js";
import type { Connection } from "./connection.js";
import { readFailure } from "./failures.js";
import { clientIsClosed } from "./mistakes.js";
import type { Places } from "./places.js";
import { leavesOutcomeOpen, stepForCall } from "./retry_rules.js";
import { delay } from "./waiting.js";

/** What a call is to do. */
export interface Plan<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly isRead: boolean;
  /** Makes the request of an attempt, when it is sent. */
  readonly request: () => MessageInitShape<I>;
  /** How long all of it may take; undefined takes the client's. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the call waits for its place. */
  readonly places?: Places | undefined;
  /** Drops the tokens that the client quoted by itself; false when there are none. */
  readonly forgetTokens?: (() => boolean) | undefined;
}

/** One call from its first attempt to its outcome. */
export class Call<I extends DescMessage, O extends DescMessage> {
  readonly #connection: Connection;
  readonly #plan: Plan<I, O>;
  readonly #timeoutMs: number;
  // One signal for all that ends the call: a second one took a quarter of what the client itself does.
  readonly #stop = new AbortController();
  readonly #began = performance.now();
  #attempts = 0;
  #isClosed = false;
  #isRenewed = false;
  #mayBeDone = false;
  #token: AccessToken | undefined;
  #address = "";
  #last: VibeError | undefined;

  constructor(connection: Connection, plan: Plan<I, O>, timeoutMs: number) {
    this.#connection = connection;
    this.#plan = plan;
    this.#timeoutMs = timeoutMs;
  }

  async run(): Promise<MessageShape<O>> {
    const { places, signal } = this.#plan;
    const stop = this.#stop.signal;
    const onAbort = () => this.#stop.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const deadline = setTimeout(() => this.#stop.abort(), this.#timeoutMs);
    try {
      await places?.take(stop);
      try {
        return await this.#tryUntilDone(stop);
      } finally {
        places?.giveBack();
      }
    } catch (error) {
      if (!stop.aborted) {
        throw error;
      }
      signal?.throwIfAborted();
      throw this.#isClosed ? clientIsClosed() : this.#deadlineExceeded();
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends it with the client. */
  close(): void {
    this.#isClosed = true;
    this.#stop.abort();
  }

  async #tryUntilDone(stop: AbortSignal): Promise<MessageShape<O>> {
    for (;;) {
      try {
        return await this.#attempt(stop);
      } catch (error) {
        if (stop.aborted || !(error instanceof VibeError)) {
          throw error;
        }
        await this.#prepareNext(error, stop);
      }
    }
  }

  async #attempt(stop: AbortSignal): Promise<MessageShape<O>> {
    this.#attempts++;
    const began = performance.now();
    const request = this.#plan.request();
    this.#token = undefined;
    let failure: VibeError | undefined;
    try {
      this.#token = await this.#connection.tokens.get(stop);
      const headers = this.#connection.headers(this.#token);
      headers.set("grpc-timeout", `${Math.max(1, Math.ceil(this.#remainingMs))}m`);
      const { method } = this.#plan;
      const { endpoints } = this.#connection;
      this.#address = endpoints.of(method);
      const answer = this.#connection.transportTo(this.#address).unary(method, stop, undefined, headers, request);
      endpoints.askBeside();
      return (await answer).message;
    } catch (error) {
      failure = readFailure(error, this.#plan.isRead);
      throw failure;
    } finally {
      this.#connection.hooks.call({
        service: this.#plan.method.parent.typeName,
        method: this.#plan.method.name,
        attempt: this.#attempts,
        durationMs: performance.now() - began,
        code: this.#isCancelled ? undefined : stop.aborted ? "deadline_exceeded" : (failure?.code ?? "ok"),
        reason: stop.aborted ? undefined : failure?.reason,
      });
    }
  }

  /** Returns when the next attempt is due, and throws when there is none. */
  async #prepareNext(error: VibeError, stop: AbortSignal): Promise<void> {
    this.#last = error;
    const { endpoints, retry, tokens, hooks } = this.#connection;
    if (await endpoints.hasMoved(this.#plan.method, this.#address, error, stop)) {
      return;
    }
    const method = this.#plan.method.name;
    switch (stepForCall(error, this.#attempts, retry.maxAttempts, this.#isRenewed)) {
      case "with_new_token":
        this.#isRenewed = true;
        if (this.#token === undefined || (await tokens.afterRefusal(this.#token, stop)) === undefined) {
          throw this.#final(error);
        }
        return;

      case "without_tokens":
        if (!this.#plan.forgetTokens?.()) {
          throw this.#final(error);
        }
        hooks.warn(
          `${method}: the server does not know the client's latest writes any more. The read does not wait for them.`,
        );
        return;

      case "again": {
        this.#mayBeDone ||= !this.#plan.isRead && leavesOutcomeOpen(error);
        const pause = error.retryDelayMs ?? delayAfter(retry, this.#attempts, Math.random());
        if (pause >= this.#remainingMs) {
          throw this.#final(error);
        }
        hooks.debug(
          `${method} failed at attempt ${this.#attempts} with ${error.reason ?? error.code} and is tried again.`,
        );
        await delay(pause, stop);
        return;
      }

      default:
        throw this.#final(error);
    }
  }

  get #remainingMs(): number {
    return this.#timeoutMs - (performance.now() - this.#began);
  }

  get #isCancelled(): boolean {
    return this.#isClosed || (this.#plan.signal?.aborted ?? false);
  }

  #final(error: VibeError): VibeError {
    return this.#mayBeDone ? VibeError.withUnknownOutcome(error) : error;
  }

  #deadlineExceeded(): VibeError {
    const text = `The call did not end within ${this.#timeoutMs / 1000} s.`;
    return new VibeError("deadline_exceeded", "DEADLINE_EXCEEDED", text, {
      retryable: this.#plan.isRead,
      cause: this.#last,
    });
  }
}
