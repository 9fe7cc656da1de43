import { VibeClient, type Collection, type JsonObject } from "@vibespace/client";
import { collection, type Side } from "./side.js";

/** The load by the client. */
export class OpenedSide implements Side {
  readonly #documents: Collection<JsonObject>;

  constructor(address: string, token: string) {
    this.#documents = new VibeClient(address, { token }).me.collection(collection);
  }

  async get(document: string): Promise<JsonObject> {
    const found = await this.#documents.document(document).get();
    if (found === undefined) {
      throw new Error("The document is not there.");
    }
    return found.value;
  }

  async create(value: JsonObject): Promise<string> {
    return (await this.#documents.create(value)).id;
  }

  async *follow(held: Map<string, unknown>, keepsDocuments: boolean): AsyncGenerator<boolean> {
    for await (const page of this.#documents.subscribe()) {
      for (const { id, document } of page.changes) {
        if (document === undefined) {
          held.delete(id);
        } else {
          held.set(id, keepsDocuments ? document : document.value);
        }
      }
      yield page.live;
    }
  }
}
