import type { Connection } from "../calls/connection.js";
import { clientIsClosed } from "../calls/mistakes.js";
import { stepForFollowing } from "../calls/retry_rules.js";
import { delay } from "../calls/waiting.js";
import type { Collection } from "../collection.js";
import { VibeError } from "../errors.js";
import { SyncService } from "../gen/vibe/sync/v1/sync_service_pb.js";
import { delayAfter } from "../retry_policy.js";
import { SharedStream } from "./shared_stream.js";
import { SharedView } from "./shared_view.js";
import { Subscription, type Reader } from "./subscription.js";

// As many as the server takes in one stream.
const scopesPerStream = 256;

/** All that one client follows: by one stream, and by a second one where there is more than one can hold. */
export class SharedStreams {
  readonly #connection: Connection;
  readonly #streams: SharedStream[] = [];
  readonly #subscriptions = new Set<Subscription>();
  readonly #views = new Set<SharedView>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Follows a collection from a place on.
   * @returns Ends it.
   */
  follow(collection: Collection<unknown>, reader: Reader, resumeToken: string): () => void {
    const subscription = new Subscription(this.#connection.spaces, collection, reader, resumeToken);
    this.#subscriptions.add(subscription);
    subscription.over.addEventListener("abort", () => this.#subscriptions.delete(subscription), { once: true });
    this.#join(subscription);
    return () => {
      subscription.finish();
      for (const stream of this.#streams) {
        stream.leave(subscription);
      }
    };
  }

  /** The view of a collection, which all its readers share. */
  view(collection: Collection<unknown>): SharedView {
    const standing = [...this.#views].find(
      (view) => view.collection.id === collection.id && view.collection.space.isSame(collection.space),
    );
    if (standing !== undefined) {
      return standing;
    }
    const view = new SharedView(this, collection, () => this.#views.delete(view));
    this.#views.add(view);
    return view;
  }

  /** Ends everything that is followed. */
  close(): void {
    for (const subscription of this.#subscriptions) {
      for (const stream of this.#streams) {
        stream.leave(subscription);
      }
      subscription.finish();
      subscription.reader.stop(clientIsClosed());
    }
  }

  #join(subscription: Subscription): void {
    let stream = this.#streams.find(({ size }) => size < scopesPerStream);
    if (stream === undefined) {
      stream = new SharedStream(this.#connection, (stalled) => void this.#catchUp(stalled));
      this.#streams.push(stream);
    }
    stream.join(subscription);
  }

  /** Serves a reader that stalled page by page at its own pace, until it has caught up. */
  async #catchUp(subscription: Subscription): Promise<void> {
    try {
      let isLive = false;
      while (!isLive) {
        await subscription.reader.untilRoom();
        isLive = await this.#pull(subscription);
      }
      await subscription.reader.untilEmpty();
      subscription.over.throwIfAborted();
      this.#join(subscription);
    } catch (error) {
      if (!subscription.over.aborted) {
        subscription.finish();
        subscription.reader.end(error);
      }
    }
  }

  /** Gives the reader the next page; returns whether it holds everything then. */
  async #pull(subscription: Subscription): Promise<boolean> {
    for (let failures = 1; ; failures++) {
      subscription.over.throwIfAborted();
      try {
        const { page } = await this.#connection.call({
          method: SyncService.method.pull,
          isRead: true,
          request: () => ({ scope: subscription.scope() }),
          signal: subscription.over,
          forgetTokens: () => subscription.forgetTokens(),
        });
        if (page === undefined) {
          throw new VibeError("internal", undefined, "The server answered without a page.");
        }
        subscription.reader.take(subscription.state.receive(page, performance.now()));
        return page.checkpoint !== undefined;
      } catch (error) {
        if (!(error instanceof VibeError)) {
          throw error;
        }
        const step = stepForFollowing(error, true, subscription.state.resumeToken !== "");
        if (step === "anew") {
          subscription.state.beginAnew();
        } else if (step === "again" || error.code === "deadline_exceeded") {
          const { retry } = this.#connection;
          await delay(error.retryDelayMs ?? delayAfter(retry, failures, Math.random()), subscription.over);
        } else {
          throw error;
        }
      }
    }
  }
}
