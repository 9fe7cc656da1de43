/**
 * How often and how fast the client tries again after a failure that may pass: a lost connection, a server that is busy
 * or about to stop. A delay that the server names always wins over the ones given here.
 */
export interface RetryPolicy {
  /** How often a call is tried in all, the first time included; 5 unless set. Subscriptions try for ever. */
  readonly maxAttempts?: number | undefined;

  /**
   * The longest first delay in milliseconds; 250 unless set. It doubles with each attempt, and the real delay is drawn
   * between zero and that.
   */
  readonly baseDelayMs?: number | undefined;

  /** Where doubling stops, in milliseconds; 30,000 unless set. */
  readonly maxDelayMs?: number | undefined;
}

/** A policy of which everything is said. */
export interface Retry {
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export function resolveRetry(policy: RetryPolicy | false | undefined): Retry {
  if (policy === false) {
    return resolveRetry({ maxAttempts: 1 });
  }
  const { maxAttempts = 5, baseDelayMs = 250, maxDelayMs = 30_000 } = policy ?? {};
  if (!(maxAttempts >= 1) || !(baseDelayMs >= 0) || !(maxDelayMs >= 0)) {
    throw new RangeError("A retry policy has at least one attempt, and delays that are not negative.");
  }
  return { maxAttempts, baseDelayMs, maxDelayMs };
}

/** Draws the delay after a number of failures in a row, at least 1; `draw` is a number from 0 up to 1. */
export function delayAfter(retry: Retry, failures: number, draw: number): number {
  return Math.min(retry.maxDelayMs, retry.baseDelayMs * 2 ** Math.min(failures - 1, 40)) * draw;
}
