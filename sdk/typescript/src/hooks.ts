import type { StatusCode } from "./errors.js";
import type { Reason } from "./reason.js";

/** Where the client logs to, such as `console`. No id, name, token or body is ever logged. */
export interface Logger {
  debug(message: string): void;
  warn(message: string): void;
}

/** One attempt of a call, as it ended. It names methods and outcomes, and nothing that belongs to a person. */
export interface CallEvent {
  /** The service, such as `vibe.data.v1.DocumentService`. */
  readonly service: string;
  /** The method, such as `BatchWrite`. */
  readonly method: string;
  /** Which attempt it was, counted from 1. */
  readonly attempt: number;
  /** How long the attempt took, in milliseconds. */
  readonly durationMs: number;
  /** How it ended; undefined where the caller cancelled it. */
  readonly code: StatusCode | "ok" | undefined;
  /** Why it failed, where the server said so. */
  readonly reason: Reason | undefined;
}

/** Calls what the app gave; what that throws must not change the call that it hears of. */
export class Hooks {
  readonly #logger: Logger | undefined;
  readonly #onCall: ((event: CallEvent) => void) | undefined;

  constructor(logger: Logger | undefined, onCall: ((event: CallEvent) => void) | undefined) {
    this.#logger = logger;
    this.#onCall = onCall;
  }

  call(event: CallEvent): void {
    try {
      this.#onCall?.(event);
    } catch (error) {
      this.warn(`onCall threw ${error instanceof Error ? error.name : typeof error}.`);
    }
  }

  debug(message: string): void {
    this.#log("debug", message);
  }

  warn(message: string): void {
    this.#log("warn", message);
  }

  #log(level: "debug" | "warn", message: string): void {
    try {
      this.#logger?.[level](message);
    } catch {
      // There is nowhere left to tell it.
    }
  }
}
