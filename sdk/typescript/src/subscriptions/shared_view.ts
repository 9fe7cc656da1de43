import type { Collection } from "../collection.js";
import type { VibeError } from "../errors.js";
import type { FeedPage } from "./feed_page.js";
import type { SharedStreams } from "./shared_streams.js";
import { SnapshotState } from "./snapshot_state.js";
import type { Reader } from "./subscription.js";

/** Who looks at a view. */
export interface Viewer {
  /** There may be something new. */
  notify(): void;
  end(cause: unknown): void;
  stop(cause: unknown): void;
}

/** The view of one collection, kept while somebody looks: however many do, it is one scope of the stream. */
export class SharedView implements Reader {
  readonly collection: Collection<unknown>;
  readonly state = new SnapshotState();

  /** A view takes every page: who is slow skips moments. */
  readonly hasRoom = true;

  readonly #streams: SharedStreams;
  readonly #onEmpty: () => void;
  readonly #viewers = new Set<Viewer>();
  #leave: (() => void) | undefined;

  constructor(streams: SharedStreams, collection: Collection<unknown>, onEmpty: () => void) {
    this.#streams = streams;
    this.collection = collection;
    this.#onEmpty = onEmpty;
  }

  /** Lets somebody look; returns what ends it. */
  enter(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    this.#leave ??= this.#streams.follow(this.collection, this, "");
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) {
        this.#leave?.();
        this.#onEmpty();
      }
    };
  }

  async untilRoom(): Promise<void> {}

  async untilEmpty(): Promise<void> {}

  take(page: FeedPage): void {
    this.state.apply(page);
    this.#tell((viewer) => viewer.notify());
  }

  loseTouch(cause: VibeError): void {
    this.state.loseTouch(cause);
    this.#tell((viewer) => viewer.notify());
  }

  end(cause: unknown): void {
    this.#onEmpty();
    this.#tell((viewer) => viewer.end(cause));
  }

  stop(cause: unknown): void {
    this.#onEmpty();
    this.#tell((viewer) => viewer.stop(cause));
  }

  #tell(what: (viewer: Viewer) => void): void {
    for (const viewer of [...this.#viewers]) {
      what(viewer);
    }
  }
}
