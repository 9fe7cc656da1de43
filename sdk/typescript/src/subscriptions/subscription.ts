import { Freshness } from "../calls/freshness.js";
import type { SpaceLedgers } from "../calls/space_ledgers.js";
import type { Collection } from "../collection.js";
import type { VibeError } from "../errors.js";
import { SubscriptionState } from "./subscription_state.js";
import type { FeedPage } from "./feed_page.js";

/** Where the pages of a subscription go. */
export interface Reader {
  /** Whether the next page has a place. */
  readonly hasRoom: boolean;
  /** Waits for a place, or for all that is held to be read; also ends with the subscription. */
  untilRoom(): Promise<void>;
  untilEmpty(): Promise<void>;
  take(page: FeedPage): void;
  /** An attempt to reconnect failed. */
  loseTouch(cause: VibeError): void;
  /** There is nothing more to come; what is held is still read. */
  end(cause: unknown): void;
  /** The client closes: nothing more is read. */
  stop(cause: unknown): void;
}

/** One collection that is followed from one place on, by one reader. */
export class Subscription {
  readonly collection: Collection<unknown>;
  readonly reader: Reader;
  readonly state: SubscriptionState;

  readonly #spaces: SpaceLedgers;
  readonly #over = new AbortController();
  #freshness: Freshness | undefined;

  constructor(spaces: SpaceLedgers, collection: Collection<unknown>, reader: Reader, resumeToken: string) {
    this.#spaces = spaces;
    this.collection = collection;
    this.reader = reader;
    this.state = new SubscriptionState(resumeToken);
  }

  /** Aborted when nobody follows any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  finish(): void {
    this.#over.abort();
  }

  /** What to ask the server for, as fresh as the client's own writes. */
  scope(): { collection: string; resumeToken: string; consistencyTokens: string[] } {
    this.#freshness = new Freshness(this.#spaces, this.collection.space.id);
    return {
      collection: this.collection.name,
      resumeToken: this.state.resumeToken,
      consistencyTokens: this.#freshness.tokens,
    };
  }

  /** Drops the consistency tokens that were quoted last; false when there were none. */
  forgetTokens(): boolean {
    return this.#freshness?.forget() ?? false;
  }

  learnName(name: string | undefined): void {
    this.#spaces.learn(this.collection.space.id, name);
  }
}
