import type { JsonObject } from "@vibespace/client";

/** The collection that everything is in. */
export const collection = "load";

/** What makes the calls: the client, or the generated code alone. Both do the same for who calls them. */
export interface Side {
  /** Reads a document and decodes it. */
  get(document: string): Promise<JsonObject>;

  /** Creates a document under a fresh id, which it gives. */
  create(value: JsonObject): Promise<string>;

  /**
   * Follows the collection and keeps what is in it; after each page it says whether that is now all.
   * @param held What is kept: by id the document as it came, or its content decoded.
   */
  follow(held: Map<string, unknown>, keepsDocuments: boolean): AsyncIterable<boolean>;
}
