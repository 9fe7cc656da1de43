import { randomUUID } from "node:crypto";
import { createClient, type Client } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { JsonObject } from "@vibespace/client";
import { DocumentService } from "@vibespace/client/gen/vibe/data/v1/document_service_pb";
import { SyncService } from "@vibespace/client/gen/vibe/sync/v1/sync_service_pb";
import { collection, type Side } from "./side.js";

const parent = "spaces/me";
const name = `${parent}/collections/${collection}`;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The load by the generated code alone, on a plain transport. */
export class OpenedSide implements Side {
  readonly #documents: Client<typeof DocumentService>;
  readonly #sync: Client<typeof SyncService>;
  readonly #headers: Record<string, string>;
  resumeToken = "";

  constructor(address: string, token: string) {
    const transport = createGrpcTransport({ baseUrl: address });
    this.#documents = createClient(DocumentService, transport);
    this.#sync = createClient(SyncService, transport);
    this.#headers = { authorization: `Bearer ${token}` };
  }

  async get(document: string): Promise<JsonObject> {
    const request = { name: `${name}/documents/${document}`, jsonBodies: true };
    const answer = await this.#documents.getDocument(request, { headers: this.#headers });
    return decode(answer.document?.content);
  }

  async create(value: JsonObject): Promise<string> {
    const json = encoder.encode(JSON.stringify(value));
    const write = {
      document: `${name}/documents/${randomUUID()}`,
      action: { case: "create" as const, value: { content: { case: "json" as const, value: json } } },
    };
    const request = { parent, writes: [write], idempotencyKey: randomUUID() };
    const answer = await this.#documents.batchWrite(request, { headers: this.#headers });
    const [result] = answer.results;
    if (result === undefined) {
      throw new Error("The answer has no result.");
    }
    return result.document;
  }

  async *follow(held: Map<string, unknown>, keepsDocuments: boolean): AsyncGenerator<boolean> {
    const request = { scopes: [{ collection: name }] };
    for await (const { event } of this.#sync.subscribe(request, { headers: this.#headers })) {
      if (event.case === "page") {
        for (const { documentId, kind } of event.value.changes) {
          if (kind.case === "put") {
            held.set(documentId, keepsDocuments ? kind.value : decode(kind.value.content));
          } else {
            held.delete(documentId);
          }
        }
        this.resumeToken = event.value.resumeToken;
        yield event.value.checkpoint !== undefined;
      }
    }
  }
}

function decode(content: { case?: string | undefined; value?: unknown } | undefined): JsonObject {
  if (content?.case !== "json" || !(content.value instanceof Uint8Array)) {
    throw new Error("The document has no JSON.");
  }
  return JSON.parse(decoder.decode(content.value)) as JsonObject;
}
