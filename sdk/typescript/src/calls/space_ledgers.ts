import { spaceId } from "../names.js";
import { ConsistencyTokens, tokenLimit } from "./consistency_tokens.js";
import { Places } from "./places.js";

export const me = "me";

/** What the client keeps for one space. */
export class SpaceLedger {
  /** Bounds the writes in flight, and with them the tokens to quote and the server's queue. */
  readonly places = new Places(tokenLimit);
  readonly tokens = new ConsistencyTokens();
}

/**
 * What the client keeps per space: the consistency tokens of its writes and the places for writes in flight. Spaces are
 * told apart by their ids; the one behind `me` is learned from the first answer that names it.
 */
export class SpaceLedgers {
  readonly #ledgers = new Map<string, SpaceLedger>();
  #me: string | undefined;
  #count = 0;

  /** Counts on; the order of sending and arriving over all spaces. */
  next(): number {
    return ++this.#count;
  }

  of(id: string): SpaceLedger {
    const resolved = this.resolve(id);
    let ledger = this.#ledgers.get(resolved);
    if (ledger === undefined) {
      ledger = new SpaceLedger();
      this.#ledgers.set(resolved, ledger);
    }
    return ledger;
  }

  /** The id of a space, where `me` is known; else the id as it is. */
  resolve(id: string): string {
    return id === me ? (this.#me ?? me) : id;
  }

  /** Notes which space stood behind the one that was asked for. */
  learn(askedFor: string, answeredName: string | undefined): void {
    const id = answeredName === undefined ? undefined : spaceId(answeredName);
    if (askedFor !== me || id === undefined || id === me || id === this.#me) {
      return;
    }
    const nameless = this.#me === undefined ? this.#ledgers.get(me) : undefined;
    this.#me = id;
    if (nameless === undefined) {
      return;
    }
    const named = this.#ledgers.get(id);
    if (named === undefined) {
      this.#ledgers.set(id, nameless);
    } else {
      named.tokens.takeOver(nameless.tokens);
    }
    this.#ledgers.delete(me);
  }
}
