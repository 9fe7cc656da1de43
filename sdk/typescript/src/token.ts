/** An access token, as a sign-in gives it. The client never looks into it and never prints it. */
export class AccessToken {
  /** When the token ends; undefined where that is not known, and it is then used until it is refused. */
  readonly expiresAt: Date | undefined;

  readonly #value: string;

  /**
   * Makes a token; one whose end is known is renewed one minute before.
   * @throws {TypeError} The text is empty.
   */
  constructor(value: string, expiresAt?: Date) {
    if (typeof value !== "string" || value.trim() === "") {
      throw new TypeError("An access token is a text that is not empty.");
    }
    this.#value = value;
    this.expiresAt = expiresAt;
  }

  /** The word `AccessToken`, and never the token's value. */
  toString(): string {
    return "AccessToken";
  }

  /** @internal Reads the value, for the client alone. */
  static valueOf(token: AccessToken): string {
    return token.#value;
  }
}

/**
 * Where a client gets its access tokens from: a text that is always the same, or a function. The client calls the
 * function when it needs a token: at first, again one minute before the token's end, and once after the server refused
 * the present one. It is never called twice at the same time and has 30 seconds to answer; `signal` says when it need
 * not go on.
 *
 * Undefined, or the very token that was refused, means signed out: calls and subscriptions then end with
 * `unauthenticated`. What it throws counts as a failure that may pass, and it is asked again.
 */
export type TokenSource =
  string | AccessToken | ((options: { signal: AbortSignal }) => Promise<string | AccessToken | undefined>);
