import { VibeError } from "../errors.js";
import { AccessToken, type TokenSource } from "../token.js";
import { untilAborted } from "./waiting.js";

const patienceMs = 30_000;
const renewBeforeMs = 60_000;

/** Keeps the present access token and asks the source for the next, one question at a time. */
export class TokenCache {
  readonly #source: TokenSource;
  #present: AccessToken | undefined;
  #renewAt = Infinity;
  #question: Promise<AccessToken> | undefined;

  constructor(source: TokenSource) {
    this.#source = typeof source === "string" ? new AccessToken(source) : source;
    if (!(this.#source instanceof AccessToken) && typeof this.#source !== "function") {
      throw new TypeError("A client needs an access token, or a function that gives one.");
    }
  }

  /**
   * Gives a token to call with.
   * @throws {VibeError} The source failed (unavailable) or gave nothing (unauthenticated).
   */
  async get(signal: AbortSignal): Promise<AccessToken> {
    const now = Date.now();
    if (this.#present !== undefined && now < this.#renewAt) {
      return this.#present;
    }
    const end = this.#present?.expiresAt;
    const standing = end !== undefined && now < end.getTime() ? this.#present : undefined;
    try {
      return await this.#ask(signal);
    } catch (error) {
      if (standing !== undefined && error instanceof VibeError && error.code === "unavailable") {
        return standing;
      }
      throw error;
    }
  }

  /**
   * Gives the token that follows one which the server refused; undefined when there is none: signed out.
   * @throws {VibeError} The source failed.
   */
  async afterRefusal(refused: AccessToken, signal: AbortSignal): Promise<AccessToken | undefined> {
    if (this.#present !== undefined && !isSame(this.#present, refused)) {
      return this.#present;
    }
    this.#present = undefined;
    try {
      const next = await this.#ask(signal);
      return isSame(next, refused) ? undefined : next;
    } catch (error) {
      if (error instanceof VibeError && error.code === "unauthenticated") {
        return undefined;
      }
      throw error;
    }
  }

  /** Asks for a newer token ahead of time, where that can bring one. */
  async renew(signal: AbortSignal): Promise<void> {
    const end = this.#present?.expiresAt;
    const isFar = end !== undefined && end.getTime() - Date.now() > 2 * renewBeforeMs;
    if (typeof this.#source !== "function" || isFar) {
      return;
    }
    try {
      await this.#ask(signal);
    } catch (error) {
      // The present token may still do; whoever needs one asks again.
      if (!(error instanceof VibeError && error.code === "unavailable")) {
        throw error;
      }
    }
  }

  // The caller that asked first may give up while others wait for the same answer.
  #ask(signal: AbortSignal): Promise<AccessToken> {
    this.#question ??= this.#fetch().finally(() => {
      this.#question = undefined;
    });
    return untilAborted(this.#question, signal);
  }

  async #fetch(): Promise<AccessToken> {
    let token: string | AccessToken | undefined;
    try {
      token = await this.#answer();
      token = typeof token === "string" ? new AccessToken(token) : (token ?? undefined);
    } catch (cause) {
      const failure =
        cause instanceof VibeError
          ? cause
          : new VibeError("unavailable", undefined, "The token source failed.", { retryable: true, cause });
      if (failure.code === "unauthenticated") {
        this.#present = undefined;
      }
      throw failure;
    }
    this.#present = token;
    if (token === undefined) {
      throw new VibeError("unauthenticated", "ACCESS_TOKEN_MISSING", "The token source gave no token: signed out.");
    }
    this.#renewAt = renewalOf(token);
    return token;
  }

  async #answer(): Promise<string | AccessToken | undefined> {
    if (typeof this.#source !== "function") {
      return this.#source;
    }
    const patience = new AbortController();
    const timer = setTimeout(
      () => patience.abort(new DOMException("The token source did not answer in time.", "TimeoutError")),
      patienceMs,
    );
    try {
      return await untilAborted(this.#source({ signal: patience.signal }), patience.signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

export function bearer(token: AccessToken): string {
  return `Bearer ${AccessToken.valueOf(token)}`;
}

function isSame(left: AccessToken, right: AccessToken): boolean {
  return AccessToken.valueOf(left) === AccessToken.valueOf(right);
}

// A token that lives shorter than two minutes is renewed at half its life, or every call would ask.
function renewalOf(token: AccessToken): number {
  if (token.expiresAt === undefined) {
    return Infinity;
  }
  const now = Date.now();
  const end = token.expiresAt.getTime();
  return Math.max(end - renewBeforeMs, now + (end - now) / 2);
}
