import type { Connection } from "./calls/connection.js";
import { Freshness } from "./calls/freshness.js";
import type { WriteResult } from "./calls/writes.js";
import type { Decode } from "./codec.js";
import { DocumentRef, readDocument } from "./document.js";
import { DocumentService } from "./gen/vibe/data/v1/document_service_pb.js";
import { Listing } from "./listing.js";
import { checkId } from "./names.js";
import {
  checkPageSize,
  type CreateOptions,
  type FollowOptions,
  type ListOptions,
  type SubscribeOptions,
} from "./options.js";
import { DocumentSnapshot, type ChangePage, type CollectionSnapshot } from "./snapshot.js";
import type { Space } from "./space.js";
import { PageFeed } from "./subscriptions/page_feed.js";
import { SnapshotFeed } from "./subscriptions/snapshot_feed.js";
import { newUuid } from "./uuid.js";

/** The address of a collection, with the type of its content. Naming it asks nothing. */
export class Collection<T> {
  /** The space that the collection lies in. */
  readonly space: Space;

  /** The collection's id. */
  readonly id: string;

  readonly #connection: Connection;
  readonly #decode: Decode<T>;

  /** Addresses come from `collection` of a space. */
  constructor(connection: Connection, space: Space, id: string, decode: Decode<T>) {
    this.#connection = connection;
    this.space = space;
    this.id = id;
    this.#decode = decode;
  }

  /** The resource name, `spaces/{space}/collections/{collection}`. */
  get name(): string {
    return `${this.space.name}/collections/${this.id}`;
  }

  /**
   * Names a document. Nothing is asked.
   * @param id The document's id, 1 to 64 characters of `[A-Za-z0-9._~-]`.
   * @throws {TypeError} The id is empty or holds a slash.
   */
  document(id: string): DocumentRef<T> {
    return new DocumentRef(this.#connection, this, checkId(id), this.#decode);
  }

  /** Names a document that is not there yet, under a fresh id (UUIDv7). Nothing is asked. */
  newDocument(): DocumentRef<T> {
    return new DocumentRef(this.#connection, this, newUuid(), this.#decode);
  }

  /**
   * Adds a document under a fresh id, in the caller's own space: `newDocument().create(value)`.
   * @param value The content; at most 1 MiB as canonical JSON.
   * @throws {VibeError} NOT_GRANTED, FIELD_NOT_GRANTED for a member that the caller may not create, OWNER_REQUIRED in
   * another person's space.
   */
  async create(value: T, options: CreateOptions = {}): Promise<WriteResult> {
    return this.newDocument().create(value, options);
  }

  /**
   * Lists the documents that the caller sees, in ascending order of their ids. One that is there from the first page to
   * the last comes exactly once. A collection that holds nothing, or nothing visible, gives nothing.
   * @returns The listing; nothing is asked before it is enumerated.
   */
  list(options: ListOptions = {}): Listing<DocumentSnapshot<T>> {
    return new Listing(async (pageToken) => {
      const { spaces } = this.#connection;
      const freshness = new Freshness(spaces, this.space.id, options.consistencyToken);
      const response = await this.#connection.call({
        method: DocumentService.method.listDocuments,
        isRead: true,
        request: () => ({
          parent: this.name,
          pageSize: checkPageSize(options.pageSize),
          pageToken: pageToken ?? "",
          consistencyTokens: freshness.tokens,
          jsonBodies: true,
        }),
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        forgetTokens: () => freshness.forget(),
      });
      spaces.learn(this.space.id, response.documents[0]?.name);
      return {
        items: response.documents.map((document) => new DocumentSnapshot(readDocument(document), this.#decode)),
        nextPageToken: response.nextPageToken || undefined,
      };
    }, options.pageToken);
  }

  /**
   * Follows the collection; the client holds the documents. Each item is a whole view that existed at one moment, the
   * first when the first listing is complete; an empty collection gives an empty one. A slow reader skips moments and
   * gets fewer, bigger steps. It reconnects by itself for ever, and shows that by `live`.
   * @returns The views, one after another, without end; nothing is asked before they are enumerated.
   * @throws {VibeError} Why the collection can be followed no longer: GRANT_REVOKED, GRANT_EXPIRED, NOT_GRANTED, or
   * `unauthenticated` when signed out. On denial drop what you hold.
   */
  snapshots(options: FollowOptions = {}): AsyncIterable<CollectionSnapshot<T>> {
    return {
      [Symbol.asyncIterator]: () => new SnapshotFeed(this.#connection, this, this.#decode, options.signal),
    };
  }

  /**
   * Follows the collection; the reader holds the documents. Pages come in order and none is left out; the feed itself
   * holds the last state of each document, not every state. Four pages are held ready. It reconnects by itself for ever
   * and goes on after the last page that it gave. In silence a page without changes comes every ten minutes, so that a
   * stored token does not age.
   * @returns The pages, one after another, without end; nothing is asked before they are enumerated.
   * @throws {VibeError} As in `snapshots`.
   */
  subscribe(options: SubscribeOptions = {}): AsyncIterable<ChangePage<T>> {
    return {
      [Symbol.asyncIterator]: () =>
        new PageFeed(this.#connection, this, this.#decode, options.resumeToken, options.signal),
    };
  }

  /** The resource name. */
  toString(): string {
    return this.name;
  }
}
