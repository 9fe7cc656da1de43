/** A page of a listing. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Continues the listing, as its option `pageToken`; undefined when there are no more. */
  readonly nextPageToken: string | undefined;
}

/** Asks for the page that a token continues with; the first without one. */
export type FetchPage<T> = (pageToken: string | undefined) => Promise<ListPage<T>>;

/** A listing, page after page as it is read; nothing is asked before. Each enumeration begins anew. */
export class Listing<T> implements AsyncIterable<T> {
  readonly #fetch: FetchPage<T>;
  readonly #pageToken: string | undefined;

  /** Listings come from `list` and `listCollections`; fakes of them in tests give their own function. */
  constructor(fetch: FetchPage<T>, pageToken?: string) {
    this.#fetch = fetch;
    this.#pageToken = pageToken;
  }

  /**
   * Enumerates the items.
   * @throws {VibeError} A page could not be read.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) {
      yield* page.items;
    }
  }

  /**
   * Enumerates the pages, at least one, for those who show pages or keep their tokens.
   * @throws {VibeError} A page could not be read.
   */
  async *pages(): AsyncGenerator<ListPage<T>, void, void> {
    let token = this.#pageToken;
    do {
      const page = await this.#fetch(token);
      yield page;
      token = page.nextPageToken;
    } while (token !== undefined);
  }

  /**
   * Reads all items at once.
   * @throws {VibeError} A page could not be read.
   */
  async toArray(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) {
      items.push(item);
    }
    return items;
  }
}
