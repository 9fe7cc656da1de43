import type { Connection } from "../calls/connection.js";
import type { Decode } from "../codec.js";
import type { Collection } from "../collection.js";
import type { CollectionSnapshot } from "../snapshot.js";
import { Feed } from "./feed.js";
import type { Viewer } from "./shared_view.js";
import type { SnapshotReader } from "./snapshot_state.js";

/** Gives whole views to one loop; one that is slow gets the latest. */
export class SnapshotFeed<T> extends Feed<CollectionSnapshot<T>> implements Viewer {
  readonly #connection: Connection;
  readonly #collection: Collection<T>;
  readonly #decode: Decode<T>;
  #reader: SnapshotReader<T> | undefined;

  constructor(connection: Connection, collection: Collection<T>, decode: Decode<T>, signal: AbortSignal | undefined) {
    super(connection, signal);
    this.#connection = connection;
    this.#collection = collection;
    this.#decode = decode;
  }

  protected override begin(): () => void {
    const view = this.#connection.streams.view(this.#collection as Collection<unknown>);
    const reader = view.state.read(this.#decode);
    this.#reader = reader;
    const leave = view.enter(this);
    return () => {
      view.state.forget(reader);
      leave();
    };
  }

  protected override takeNext(): CollectionSnapshot<T> | undefined {
    return this.#reader?.take();
  }
}
