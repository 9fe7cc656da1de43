import { stepForFollowing, type NextStep } from "../calls/retry_rules.js";
import type { VibeError } from "../errors.js";
import type { Opened } from "../gen/vibe/sync/v1/sync_service_pb.js";
import { delayAfter, type Retry } from "../retry_policy.js";
import { milliseconds } from "../times.js";

const defaultSilenceMs = 60_000;
const longestRenewalMarginMs = 30_000;

// A stream that is shorter ends by itself: opening the next one early, ever closer to a token's end, gains nothing.
const shortestRenewedLifetimeMs = 5_000;

/** How long to listen to a stream. */
export interface StreamTimes {
  /** How long nothing may be heard, in milliseconds: twice the interval of heartbeats. */
  readonly silenceMs: number;
  /** When to open the next stream, shortly before this one ends by itself; infinite where it does not. */
  readonly renewAt: number;
}

/** What to do after a stream was cut. */
export interface Recovery {
  readonly step: NextStep;
  /** How long to wait before, in milliseconds. */
  readonly delayMs: number;
  /** Whether readers are told that nobody stands behind their view any more. */
  readonly isOffline: boolean;
}

/** What is known of the streams of some scopes, and what a failure means. Messages, time and draws are given to it. */
export class StreamState {
  readonly #retry: Retry;
  #isRenewed = false;
  #failures = 0;

  constructor(retry: Retry) {
    this.#retry = retry;
  }

  /** Notes that a stream opened, and says how long to listen; `draw` is a number from 0 up to 1. */
  opened(opened: Opened | undefined, now: number, draw: number): StreamTimes {
    // The token was taken: one that ends before the first page, on a slow line or a busy server, is renewed again.
    this.#isRenewed = false;
    const interval = opened?.heartbeatInterval && milliseconds(opened.heartbeatInterval);
    const lifetime = opened?.lifetime && milliseconds(opened.lifetime);
    let renewAt = Infinity;
    if (lifetime !== undefined && lifetime >= shortestRenewedLifetimeMs) {
      // Drawn, so that clients that were cut together do not come back together for ever.
      const margin = Math.min(lifetime / 4, longestRenewalMarginMs);
      renewAt = now + lifetime - margin * (0.5 + draw / 2);
    }
    return { silenceMs: interval ? 2 * interval : defaultSilenceMs, renewAt };
  }

  /** Notes a page or a heartbeat. Only now: a stream that opens and ends at once must not be tried without pause. */
  progressed(): void {
    this.#failures = 0;
  }

  /** Decides what follows a failure, of a stream that stood or of an attempt to open one. */
  fail(error: VibeError, wasOpen: boolean, hasResumeToken: boolean, draw: number): Recovery {
    const step = stepForFollowing(error, this.#isRenewed, hasResumeToken);
    this.#failures++;
    switch (step) {
      case "with_new_token": {
        this.#isRenewed = true;
        const delayMs = this.#failures === 1 ? 0 : delayAfter(this.#retry, this.#failures, draw);
        return { step, delayMs, isOffline: false };
      }
      case "again": {
        const delayMs = error.retryDelayMs ?? delayAfter(this.#retry, this.#failures, draw);
        return { step, delayMs, isOffline: !wasOpen };
      }
      default:
        return { step, delayMs: 0, isOffline: step === "throw" };
    }
  }
}
