import type { Decode } from "../codec.js";
import type { VibeError } from "../errors.js";
import {
  DocumentSnapshot,
  type Change,
  type CollectionSnapshot,
  type RawDocument,
  type RemovalCause,
} from "../snapshot.js";
import type { FeedPage } from "./feed_page.js";

interface Arrival {
  readonly document: RawDocument | undefined;
  readonly cause: RemovalCause | undefined;
}

/**
 * Makes whole views of pages. It does no I/O. A view changes at checkpoints only; what a reader takes carries the
 * difference to what that reader took before.
 */
export class SnapshotState {
  readonly #held = new Map<string, RawDocument>();
  readonly #arriving = new Map<string, Arrival>();
  readonly #readers = new Set<SnapshotReader<unknown>>();
  #generation: Set<string> | undefined;

  /** Whether there was a whole view yet. */
  isComplete = false;
  live = false;
  error: VibeError | undefined;

  /** Takes in a page. */
  apply(page: FeedPage): void {
    if (page.reset) {
      this.#generation = new Set();
    }
    for (const { id, document, cause } of page.changes) {
      this.#arriving.set(id, { document, cause });
      if (document === undefined) {
        this.#generation?.delete(id);
      } else {
        this.#generation?.add(id);
      }
    }
    if (page.live) {
      this.#offer();
    }
  }

  /** Notes that nobody stands behind the view any more. */
  loseTouch(cause: VibeError): void {
    this.live = false;
    this.error = cause;
  }

  /** Begins to read; what is held already is new to the reader. */
  read<T>(decode: Decode<T>): SnapshotReader<T> {
    const reader = new SnapshotReader(this, decode);
    for (const id of this.#held.keys()) {
      reader.note(id, undefined);
    }
    this.#readers.add(reader);
    return reader;
  }

  forget(reader: SnapshotReader<unknown>): void {
    this.#readers.delete(reader);
  }

  get(id: string): RawDocument | undefined {
    return this.#held.get(id);
  }

  #offer(): void {
    this.#sweep();
    for (const [id, { document, cause }] of this.#arriving) {
      if (document === undefined) {
        this.#held.delete(id);
      } else {
        this.#held.set(id, document);
      }
      for (const reader of this.#readers) {
        reader.note(id, cause);
      }
    }
    this.#arriving.clear();
    this.isComplete = true;
    this.live = true;
    this.error = undefined;
  }

  /** After a snapshot, what no page of it has put is gone. */
  #sweep(): void {
    if (this.#generation === undefined) {
      return;
    }
    for (const id of [...this.#held.keys(), ...this.#arriving.keys()]) {
      const isGoing = this.#arriving.has(id) && this.#arriving.get(id)?.document === undefined;
      if (!this.#generation.has(id) && !isGoing) {
        this.#arriving.set(id, { document: undefined, cause: "no_longer_visible" });
      }
    }
    this.#generation = undefined;
  }
}

/** One reader of a view: what it took, and what is new since. */
export class SnapshotReader<T> {
  readonly #state: SnapshotState;
  readonly #decode: Decode<T>;
  readonly #news = new Map<string, RemovalCause | undefined>();
  #documents = new Map<string, DocumentSnapshot<T>>();
  #taken: { readonly live: boolean } | undefined;

  constructor(state: SnapshotState, decode: Decode<T>) {
    this.#state = state;
    this.#decode = decode;
  }

  /** Notes that a document may have changed, or gone for a cause. */
  note(id: string, cause: RemovalCause | undefined): void {
    this.#news.set(id, cause);
  }

  /** Gives the latest view; undefined when there is none yet, or nothing to tell since the last one. */
  take(): CollectionSnapshot<T> | undefined {
    const { isComplete, live, error } = this.#state;
    if (!isComplete) {
      return undefined;
    }
    const changes = this.#difference();
    if (this.#taken !== undefined && changes.length === 0 && live === this.#taken.live) {
      return undefined;
    }
    this.#taken = { live };
    return { documents: this.#documents, changes, live, error };
  }

  #difference(): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const [id, cause] of [...this.#news].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const old = this.#documents.get(id);
      const present = this.#state.get(id);
      if (present === undefined) {
        if (old !== undefined) {
          changes.push({ id, document: undefined, cause: cause ?? "no_longer_visible" });
        }
      } else if (old?.etag !== present.etag) {
        changes.push({ id, document: new DocumentSnapshot(present, this.#decode), cause: undefined });
      }
    }
    this.#news.clear();
    if (changes.length > 0) {
      this.#documents = withChanges(this.#documents, changes);
    }
    return changes;
  }
}

/** The next view; the one before stays as it was given away. Both the documents and the changes are in order. */
function withChanges<T>(
  documents: ReadonlyMap<string, DocumentSnapshot<T>>,
  changes: readonly Change<T>[],
): Map<string, DocumentSnapshot<T>> {
  const next = new Map<string, DocumentSnapshot<T>>();
  let at = 0;
  const takeChangesUpTo = (id: string | undefined) => {
    for (let change = changes[at]; change && (id === undefined || change.id <= id); change = changes[++at]) {
      if (change.document !== undefined) {
        next.set(change.id, change.document);
      }
    }
  };
  for (const [id, document] of documents) {
    takeChangesUpTo(id);
    if (changes[at - 1]?.id !== id) {
      next.set(id, document);
    }
  }
  takeChangesUpTo(undefined);
  return next;
}
