import { WriteBatch } from "./batch.js";
import type { Connection } from "./calls/connection.js";
import { Freshness } from "./calls/freshness.js";
import { trust, type Decode } from "./codec.js";
import { Collection } from "./collection.js";
import { CollectionService } from "./gen/vibe/data/v1/collection_service_pb.js";
import type { JsonObject, JsonValue } from "./json.js";
import { Listing } from "./listing.js";
import { checkId, lastId } from "./names.js";
import { checkPageSize, type ListOptions } from "./options.js";

/** The address of a person's space. Naming it asks nothing. */
export class Space {
  /** The space's id; `me` for the space of the person that the token stands for. */
  readonly id: string;

  readonly #connection: Connection;

  /** Addresses come from `me` and `space` of a client. */
  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.id = id;
  }

  /** The resource name, `spaces/{space}`. */
  get name(): string {
    return `spaces/${this.id}`;
  }

  /**
   * Names a collection, with the type of its content. The type alone is a promise of the author; a function such as
   * zod's `Movie.parse` checks each document when its value is asked for, and says the type. Collections need no making;
   * one is there with its first document.
   * @param id The collection's id, 1 to 64 characters of `[A-Za-z0-9._~-]`.
   * @throws {TypeError} The id is empty or holds a slash.
   */
  collection(id: string): Collection<JsonObject>;
  collection<T extends object>(id: string): Collection<T>;
  collection<T extends object>(id: string, decode: (content: JsonValue) => T): Collection<T>;
  collection<T extends object>(id: string, decode: Decode<T> = trust): Collection<T> {
    return new Collection(this.#connection, this, checkId(id), decode);
  }

  /**
   * Lists the collections that hold a document in the caller's view, in ascending order of their ids.
   * @returns The listing; nothing is asked before it is enumerated.
   */
  listCollections(options: ListOptions = {}): Listing<Collection<JsonObject>> {
    return new Listing(async (pageToken) => {
      const { spaces } = this.#connection;
      const freshness = new Freshness(spaces, this.id, options.consistencyToken);
      const response = await this.#connection.call({
        method: CollectionService.method.listCollections,
        isRead: true,
        request: () => ({
          parent: this.name,
          pageSize: checkPageSize(options.pageSize),
          pageToken: pageToken ?? "",
          consistencyTokens: freshness.tokens,
        }),
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        forgetTokens: () => freshness.forget(),
      });
      spaces.learn(this.id, response.collections[0]?.name);
      return {
        items: response.collections.map(({ name }) => this.collection(lastId(name))),
        nextPageToken: response.nextPageToken || undefined,
      };
    }, options.pageToken);
  }

  /** Begins a batch: up to 500 writes in this space, all or none, as one moment. Nothing is sent before its commit. */
  batch(): WriteBatch {
    return new WriteBatch(this.#connection, this);
  }

  /** @internal Tells whether two addresses are of one space of one client. */
  isSame(other: Space): boolean {
    const { spaces } = this.#connection;
    return this.#connection === other.#connection && spaces.resolve(this.id) === spaces.resolve(other.id);
  }

  /** The resource name. */
  toString(): string {
    return this.name;
  }
}
