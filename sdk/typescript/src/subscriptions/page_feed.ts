import type { Connection } from "../calls/connection.js";
import type { Decode } from "../codec.js";
import type { Collection } from "../collection.js";
import type { ChangePage } from "../snapshot.js";
import { Feed } from "./feed.js";
import { typed, type FeedPage } from "./feed_page.js";
import type { Reader } from "./subscription.js";

const heldReady = 4;

/** Gives pages to one loop, with a few held ready. */
export class PageFeed<T> extends Feed<ChangePage<T>> implements Reader {
  readonly #connection: Connection;
  readonly #collection: Collection<T>;
  readonly #decode: Decode<T>;
  readonly #resumeToken: string | undefined;
  readonly #pages: FeedPage[] = [];
  #onTaken = () => {};

  constructor(
    connection: Connection,
    collection: Collection<T>,
    decode: Decode<T>,
    resumeToken: string | undefined,
    signal: AbortSignal | undefined,
  ) {
    super(connection, signal);
    this.#connection = connection;
    this.#collection = collection;
    this.#decode = decode;
    this.#resumeToken = resumeToken;
  }

  get hasRoom(): boolean {
    return this.#pages.length < heldReady;
  }

  untilRoom(): Promise<void> {
    return this.#until(() => this.hasRoom);
  }

  untilEmpty(): Promise<void> {
    return this.#until(() => this.#pages.length === 0);
  }

  take(page: FeedPage): void {
    this.#pages.push(page);
    this.notify();
  }

  /** Pages are true whenever they come; only views say whether somebody stands behind them. */
  loseTouch(): void {}

  protected override begin(): () => void {
    const leave = this.#connection.streams.follow(
      this.#collection as Collection<unknown>,
      this,
      this.#resumeToken ?? "",
    );
    return () => {
      leave();
      this.#pages.length = 0;
      this.#onTaken();
    };
  }

  protected override takeNext(): ChangePage<T> | undefined {
    const page = this.#pages.shift();
    if (page === undefined) {
      return undefined;
    }
    this.#onTaken();
    return { ...page, changes: page.changes.map((change) => typed(change, this.#decode)) };
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve;
      });
    }
  }
}
