import type { Reason } from "./reason.js";
import { readFailure } from "./calls/failures.js";

/** A status code of gRPC. */
export type StatusCode =
  | "cancelled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

/** One thing that is wrong in a request. */
export interface Violation {
  /** The member of the request, such as `writes[2].if_match`. */
  readonly field: string;
  /** What is wrong with it, in words. */
  readonly description: string;
}

/** What an error may carry beside its code, reason and text. */
export interface VibeErrorDetails {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly violations?: readonly Violation[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryDelayMs?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/**
 * A call or a subscription that failed. There is this one type; branch on `reason`, and on `code` for reasons that a
 * program does not know. Cancellation by the caller is its signal's own reason, and mistakes of the program are a
 * `TypeError`, or a `DOMException` named `InvalidStateError`; never this.
 */
export class VibeError extends Error {
  /** The status code. */
  readonly code: StatusCode;

  /** Why it failed; undefined where the failure did not come from a Vibe server, as with a lost connection. */
  readonly reason: Reason | undefined;

  /**
   * What varies in the message, under the keys that the contract gives each reason, such as `etag`. A batch that is
   * refused names the place of the write as `write`, counted from 0. Empty where there is nothing.
   */
  readonly metadata: Readonly<Record<string, string>>;

  /** What is wrong in the request, member by member; empty where that was not the cause. */
  readonly violations: readonly Violation[];

  /** The id under which the server's log knows the call; undefined where no server answered. */
  readonly requestId: string | undefined;

  /** How long the server asks to wait before trying again, in milliseconds; undefined where it does not say. */
  readonly retryDelayMs: number | undefined;

  /**
   * True when the same call may succeed later and nothing was done: a read, or a write that the server refused. A write
   * whose outcome is not known is not retryable; give it a key of your own and repeat it to settle it.
   */
  readonly retryable: boolean;

  readonly #text: string;

  /** Makes an error as the server would send it; apps need this in tests. */
  constructor(code: StatusCode, reason: Reason | undefined, text: string, details: VibeErrorDetails = {}) {
    const head = reason === undefined ? code : `${reason} (${code})`;
    const tail = details.requestId === undefined ? "" : ` [request ${details.requestId}]`;
    super(`${head}: ${text}${tail}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "VibeError";
    this.code = code;
    this.reason = reason;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.requestId = details.requestId;
    this.retryDelayMs = details.retryDelayMs;
    this.retryable = details.retryable ?? false;
    this.#text = text;
  }

  /**
   * Reads an error of gRPC, as calls through `VibeClient.raw` throw them: the same error with its reason; taken for that
   * of a write where this matters.
   */
  static from(error: unknown): VibeError {
    return readFailure(error, false);
  }

  /** @internal The same error for a write of which an earlier attempt may have been carried out. */
  static withUnknownOutcome(error: VibeError): VibeError {
    return new VibeError(error.code, error.reason, error.#text, { ...error, cause: error.cause, retryable: false });
  }
}
