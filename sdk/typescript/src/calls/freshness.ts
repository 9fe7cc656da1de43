import { tokenLimit } from "./consistency_tokens.js";
import type { SpaceLedgers } from "./space_ledgers.js";

/** The consistency tokens that one read quotes: the caller's, and those of the client's own writes. */
export class Freshness {
  readonly #spaces: SpaceLedgers;
  readonly #spaceId: string;
  readonly #given: string | undefined;
  #automatic: string[];

  constructor(spaces: SpaceLedgers, spaceId: string, given?: string) {
    this.#spaces = spaces;
    this.#spaceId = spaceId;
    this.#given = given;
    this.#automatic = spaces.of(spaceId).tokens.toQuote();
  }

  get tokens(): string[] {
    return this.#given === undefined ? this.#automatic : [this.#given, ...this.#automatic.slice(1 - tokenLimit)];
  }

  /** Drops the client's own, here and for later reads; false when there are none. */
  forget(): boolean {
    if (this.#automatic.length === 0) {
      return false;
    }
    this.#spaces.of(this.#spaceId).tokens.forget(this.#automatic);
    this.#automatic = [];
    return true;
  }
}
