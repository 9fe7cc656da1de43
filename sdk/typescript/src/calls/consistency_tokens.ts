/** The most that the server takes. */
export const tokenLimit = 32;

/**
 * The tokens of one space's writes that a read must quote to see them all. Tokens are opaque, so of two writes in flight
 * nobody knows which is the later; a token is dropped only when a write that was sent after it arrived is acknowledged.
 * What is kept was therefore all in flight at once, and is never more than the writes allowed there.
 */
export class ConsistencyTokens {
  #kept: { readonly token: string; readonly arrived: number }[] = [];

  /** Takes in a write's acknowledgement, with the counts when it was first sent and when it arrived. */
  acknowledge(token: string, sent: number, arrived: number): void {
    this.#kept = this.#kept.filter((kept) => kept.arrived >= sent);
    this.#kept.push({ token, arrived });
  }

  /** What to quote. */
  toQuote(): string[] {
    return this.#kept.slice(-tokenLimit).map(({ token }) => token);
  }

  /** Drops tokens that the server does not know any more. */
  forget(tokens: readonly string[]): void {
    this.#kept = this.#kept.filter(({ token }) => !tokens.includes(token));
  }

  /** Takes over what was kept for the same space under another name. */
  takeOver(other: ConsistencyTokens): void {
    this.#kept = [...this.#kept, ...other.#kept].sort((left, right) => left.arrived - right.arrived);
    other.#kept = [];
  }
}
